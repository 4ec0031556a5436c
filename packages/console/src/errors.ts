/**
 * Codes are stable; the HTTP status follows from them.
 * - `BAD_REQUEST`: something in the request cannot work; nothing was done.
 * - `NOT_SIGNED_IN`: etcd has users, and nobody is signed in.
 * - `BAD_ORIGIN`: the request did not come from a page of this console.
 * - `READ_ONLY`: this console does not write, or is locked.
 * - `FORBIDDEN`: a name that had to be typed was not right, or the role does not allow it.
 * - `NOT_FOUND`: no such address.
 * - `CONFLICT`: the world has changed since the preview; nothing was done.
 * - `TOO_LARGE`: more than the limits allow.
 * - `TOO_MANY`: too many sign-ins, streams or sessions at once.
 * - `UNAVAILABLE`: a member or API could not be reached.
 */
export type ConsoleErrorCode =
  | "BAD_REQUEST"
  | "NOT_SIGNED_IN"
  | "BAD_ORIGIN"
  | "READ_ONLY"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  | "TOO_LARGE"
  | "TOO_MANY"
  | "UNAVAILABLE";

export const HTTP_STATUS: Readonly<Record<ConsoleErrorCode, number>> = {
  BAD_REQUEST: 400,
  NOT_SIGNED_IN: 401,
  BAD_ORIGIN: 403,
  READ_ONLY: 403,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  TOO_MANY: 429,
  UNAVAILABLE: 503,
};

/** Every failure of this package: what happened, and in `advice` what to do. */
export class ConsoleError extends Error {
  override readonly name = "ConsoleError";
  readonly code: ConsoleErrorCode;
  readonly advice: string;

  constructor(code: ConsoleErrorCode, message: string, advice = "", options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.advice = advice;
  }
}
