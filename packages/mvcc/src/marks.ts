import type { BackendLike } from "./backend-like.ts";
import { mainOf } from "./revision.ts";

/** Keys of the `meta` bucket; the values are 17-byte revisions with sub 0. */
export const SCHEDULED_COMPACT: Uint8Array = Buffer.from("scheduledCompactRev");
export const FINISHED_COMPACT: Uint8Array = Buffer.from("finishedCompactRev");

/** The revision of a mark; -1 when it was never put. */
export function readMark(backend: BackendLike, mark: Uint8Array): number {
  const value = backend.get("meta", mark);
  return value === undefined ? -1 : mainOf(value);
}
