/**
 * - `NOT_FOUND`: the directory holds no segment, or none that reaches back to the wanted snapshot.
 * - `ALREADY_EXISTS`: a log is to be created where there is one.
 * - `CORRUPT`: bytes that were once on disk have changed or are missing; nothing was modified.
 * - `SNAPSHOT_NOT_FOUND`: the log has no record of the wanted snapshot.
 * - `SNAPSHOT_MISMATCH`: the log knows the wanted snapshot with another term.
 * - `METADATA_CONFLICT`: segments of different members lie in one directory.
 * - `NO_SPACE`: the disk is full; what was to be appended is not acknowledged.
 * - `FAILED`: a write or a sync failed before, so that what is on disk is not known any more.
 * - `CLOSED`: the log was closed.
 */
export type WalErrorCode =
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "CORRUPT"
  | "SNAPSHOT_NOT_FOUND"
  | "SNAPSHOT_MISMATCH"
  | "METADATA_CONFLICT"
  | "NO_SPACE"
  | "FAILED"
  | "CLOSED";

/** Every failure that this package itself detects. Callers branch on `code`, never on the text. */
export class WalError extends Error {
  override readonly name = "WalError";
  readonly code: WalErrorCode;

  constructor(code: WalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A `CORRUPT` error that says where, what, and what an operator can do about it. */
export function corruptError(path: string, offset: number, what: string): WalError {
  return new WalError(
    "CORRUPT",
    `${path} is corrupt at offset ${offset}: ${what}. Nothing was changed. Restore the file from a ` +
      `backup, or remove this member from the cluster and add it again with an empty data directory`,
  );
}
