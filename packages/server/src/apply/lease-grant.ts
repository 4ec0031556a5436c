import type { Lessor } from "@nodetcd/lease";
import { type LeaseGrantRequest, LeaseGrantResponse } from "@nodetcd/messages";
import type { ResponseHeaders } from "../wire/response-header.ts";

export function applyLeaseGrant(
  lessor: Lessor,
  headers: ResponseHeaders,
  revision: number,
  request: LeaseGrantRequest,
): Uint8Array {
  const lease = lessor.grant(request.id, request.ttl);
  return LeaseGrantResponse.encode({
    header: headers.of(revision),
    id: lease.id,
    ttl: lease.ttl,
  });
}
