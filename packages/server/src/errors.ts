/**
 * Why a member cannot start or go on.
 * - `BAD_CONFIG`: an option that cannot work; the message says which and what to do.
 * - `DATA_DIR_LOCKED`: another process has the data directory open.
 * - `DATA_DIR_BAD`: the data directory cannot be read, or is of another version or cluster.
 * - `NOT_BUILT_YET`: the option is understood but what it asks for does not exist yet.
 * - `ADDRESS_UNAVAILABLE`: a listen address is taken or not of this host.
 * - `STORAGE_FAILED`: the disk refused a write or a sync; nothing is acknowledged any more.
 * - `STOPPED`: the member was stopped.
 */
export type ServerErrorCode =
  | "BAD_CONFIG"
  | "DATA_DIR_LOCKED"
  | "DATA_DIR_BAD"
  | "NOT_BUILT_YET"
  | "ADDRESS_UNAVAILABLE"
  | "STORAGE_FAILED"
  | "STOPPED";

/** Raised by `startMember`, and what `Member.failed` resolves with. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
