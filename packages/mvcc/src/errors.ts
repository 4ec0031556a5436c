/**
 * - `COMPACTED`: the revision asked for is below what compaction left. A compaction at or below the last one.
 * - `FUTURE_REVISION`: the revision asked for has not happened yet.
 * - `CLOSED`: the store or watch stream was closed; a compaction that had not finished goes on at the next start.
 * - `EMPTY_WATCH_RANGE`: the end of a watched range is not above its key.
 * - `DUPLICATE_WATCH_ID`: the stream has a watcher with this id.
 * - `CORRUPT_RECORD`: a record of the backend is not what the index or the format says.
 */
export type MvccErrorCode =
  | "COMPACTED"
  | "FUTURE_REVISION"
  | "CLOSED"
  | "EMPTY_WATCH_RANGE"
  | "DUPLICATE_WATCH_ID"
  | "CORRUPT_RECORD";

/** Every failure of this package that a caller can act on; branch on `code`. */
export class MvccError extends Error {
  override readonly name = "MvccError";
  readonly code: MvccErrorCode;

  constructor(code: MvccErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function compactedError(): MvccError {
  return new MvccError("COMPACTED", "mvcc: required revision has been compacted");
}

export function futureRevisionError(): MvccError {
  return new MvccError("FUTURE_REVISION", "mvcc: required revision is a future revision");
}
