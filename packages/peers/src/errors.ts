/**
 * - `BAD_HTTP`: what arrived is not HTTP/1.1 as peers speak it, or longer than the limits.
 * - `BAD_FRAME`: a stream or body does not hold what it should.
 * - `BAD_URL`: a peer URL that cannot be dialled.
 * - `BAD_OPTIONS`: an argument is missing or contradicts another.
 * - `DISCONNECTED`: the other side has ended the connection, or it broke.
 * - `TIMED_OUT`: nothing came in time.
 * - `REFUSED`: the peer has answered with a refusal; the message has its words.
 * - `REMOVED`: the peer says that this member is not part of the cluster any more.
 * - `STOPPED`: the transport was stopped.
 */
export type PeerErrorCode =
  | "BAD_HTTP"
  | "BAD_FRAME"
  | "BAD_URL"
  | "BAD_OPTIONS"
  | "DISCONNECTED"
  | "TIMED_OUT"
  | "REFUSED"
  | "REMOVED"
  | "STOPPED";

/** Every failure that this package itself detects. Callers branch on `code`, never on the text. */
export class PeerError extends Error {
  override readonly name = "PeerError";
  readonly code: PeerErrorCode;

  constructor(code: PeerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What etcd says to a member that was removed, and that member to its operator. */
export const REMOVED_TEXT = "the member has been permanently removed from the cluster";
