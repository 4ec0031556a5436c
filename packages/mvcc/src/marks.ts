import type { BackendLike } from "./backend-like.ts";
import { MvccError } from "./errors.ts";
import { isRevision, mainOf } from "./revision.ts";

/** Keys of the `meta` bucket; the values are 17-byte revisions with sub 0. */
export const SCHEDULED_COMPACT: Uint8Array = Buffer.from("scheduledCompactRev");
export const FINISHED_COMPACT: Uint8Array = Buffer.from("finishedCompactRev");

/** The revision of a mark; -1 when it was never put. Raises `CORRUPT_RECORD`. */
export function readMark(backend: BackendLike, mark: Uint8Array): number {
  const value = backend.get("meta", mark);
  if (value === undefined) return -1;
  if (!isRevision(value)) {
    const [name, hex] = [Buffer.from(mark).toString(), Buffer.from(value).toString("hex")];
    throw new MvccError("CORRUPT_RECORD", `${name} in the "meta" bucket is no revision: ${hex}`);
  }
  return mainOf(value);
}
