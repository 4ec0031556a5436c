/**
 * - `BAD_ARGUMENT`: an option has a value that cannot work; nothing was started or sent.
 * - `TOO_MANY_PINS`: more pins than are looked at; nothing was compacted in this round.
 */
export type CompactorErrorCode = "BAD_ARGUMENT" | "TOO_MANY_PINS";

/** Every failure that is this package's own; those of calls are the client's `EtcdError`. */
export class CompactorError extends Error {
  override readonly name = "CompactorError";
  readonly code: CompactorErrorCode;

  constructor(code: CompactorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
