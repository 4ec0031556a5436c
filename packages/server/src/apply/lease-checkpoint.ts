import type { Lessor } from "@nodetcd/lease";
import type { LeaseCheckpointRequest } from "@nodetcd/messages";
import type { ResponseHeaders } from "../wire/response-header.ts";

/** Takes over the remaining lifetimes that the leader has told, for when it is leader no more. */
export function applyLeaseCheckpoint(
  lessor: Lessor,
  headers: ResponseHeaders,
  revision: number,
  request: LeaseCheckpointRequest,
): Uint8Array {
  for (const { id, remainingTtl } of request.checkpoints) lessor.checkpoint(id, remainingTtl);
  return headers.reply(revision);
}
