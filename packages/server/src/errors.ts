import type { AuthRefusal } from "@nodetcd/auth";

/**
 * Why a member cannot start or go on.
 * - `BAD_CONFIG`: an option that cannot work; the message says which and what to do.
 * - `DATA_DIR_LOCKED`: another process has the data directory open.
 * - `DATA_DIR_BAD`: the data directory cannot be read, or is of another version or cluster.
 * - `DATA_INCONSISTENT`: other members have another history than this one; see the feature gate `InitialCorruptCheck`.
 * - `NOT_BUILT_YET`: the option is understood but what it asks for does not exist yet.
 * - `ADDRESS_UNAVAILABLE`: a listen address is taken or not of this host.
 * - `STORAGE_FAILED`: the disk refused a write or a sync; nothing is acknowledged any more.
 * - `REMOVED`: the member was removed from its cluster; its data directory is of no use any more.
 * - `STOPPED`: the member was stopped.
 */
export type ServerErrorCode =
  | "BAD_CONFIG"
  | "DATA_DIR_LOCKED"
  | "DATA_DIR_BAD"
  | "DATA_INCONSISTENT"
  | "NOT_BUILT_YET"
  | "ADDRESS_UNAVAILABLE"
  | "STORAGE_FAILED"
  | "REMOVED"
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

/** Why one request is refused; `wire/error-map.ts` has the status and text of each. */
export type RequestErrorCode = AuthRefusal | OwnRefusal;

type OwnRefusal =
  | "EMPTY_KEY"
  | "KEY_NOT_FOUND"
  | "VALUE_PROVIDED"
  | "LEASE_PROVIDED"
  | "TOO_MANY_OPERATIONS"
  | "DUPLICATE_KEY"
  | "INVALID_CLIENT_API_VERSION"
  | "INVALID_SORT_OPTION"
  | "BAD_MEMBER_URLS"
  | "REQUEST_TOO_LARGE"
  | "RANGE_STREAM_SORTED"
  | "RANGE_STREAM_FILTERED"
  | "COMPACTED"
  | "FUTURE_REVISION"
  | "LEASE_TTL_TOO_LARGE"
  | "NO_SPACE"
  | "TOO_MANY_REQUESTS"
  | "LEASE_NOT_FOUND"
  | "LEASE_EXISTS"
  | "LEASE_NOT_PRIMARY"
  | "MEMBER_NOT_FOUND"
  | "MEMBER_NOT_LEARNER"
  | "MEMBER_EXISTS"
  | "TOO_MANY_LEARNERS"
  | "LEARNER_NOT_READY"
  | "LEARNER"
  | "PEER_URL_EXISTS"
  | "NOT_ENOUGH_STARTED_MEMBERS"
  | "UNHEALTHY_CLUSTER"
  | "NO_LEADER"
  | "NOT_LEADER"
  | "BAD_LEADER_TRANSFEREE"
  | "STOPPED"
  | "TIMEOUT"
  | "TIMEOUT_CONNECTION_LOST"
  | "TIMEOUT_NOT_PROPOSED"
  | "TIMEOUT_LEADER_FAILED"
  | "TIMEOUT_LEADER_TRANSFER"
  | "CORRUPT"
  | "WATCH_CANCELED"
  | "ELECTION_NOT_LEADER"
  | "ELECTION_NO_LEADER"
  | "MISSING_LEADER_KEY"
  | "SESSION_EXPIRED"
  | "BAD_DOWNGRADE_VERSION_FORMAT"
  | "INVALID_DOWNGRADE_TARGET"
  | "NO_DOWNGRADE_IN_PROGRESS"
  | "DOWNGRADE_IN_PROGRESS"
  | "NO_CLUSTER_VERSION"
  | "UNKNOWN_METHOD"
  | "REPLY_TOO_LARGE"
  | "CALL_GONE"
  | "MALFORMED_REQUEST"
  | "NOT_IMPLEMENTED"
  | "INTERNAL";

/** A request that is refused or failed; never the member's own fault but for `INTERNAL`. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: RequestErrorCode;

  /** @param detail replaces the text of the code's row where that has a place for one */
  constructor(code: RequestErrorCode, detail?: string) {
    super(detail ?? code);
    this.code = code;
  }
}
