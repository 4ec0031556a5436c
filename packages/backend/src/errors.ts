/**
 * - `FAILED`: a commit failed before; nothing can be written any more until the process starts again.
 * - `CLOSED`: the backend was closed.
 * - `BUSY`: a defragmentation or a close is under way.
 */
export type BackendErrorCode = "FAILED" | "CLOSED" | "BUSY";

/** Every failure that this package itself detects. Callers branch on `code`, never on the text. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly code: BackendErrorCode;

  constructor(code: BackendErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
