import { AUTH_ERRORS, AuthError, type AuthRefusal } from "@nodetcd/auth";
import { WireError } from "@nodetcd/bytes";
import { Status, type StatusCode } from "@nodetcd/grpc";
import { LeaseError } from "@nodetcd/lease";
import { MembershipError, type MembershipErrorCode } from "@nodetcd/membership";
import { MvccError } from "@nodetcd/mvcc";
import { RequestError, type RequestErrorCode } from "../errors.ts";

interface StatusRow {
  readonly status: StatusCode;
  /** The text on the wire; undefined where the error's own message is the text. */
  readonly text: string | undefined;
}

const row = (status: StatusCode, text?: string): StatusRow => ({
  status,
  text: text === undefined ? undefined : `etcdserver: ${text}`,
});
const bare = (status: StatusCode, text: string): StatusRow => ({ status, text });

/**
 * What each refusal looks like to a client: etcd's codes and exact texts, by which its clients
 * recognise them (api/v3rpc/rpctypes/error.go). Two rows have code Unknown there by an oversight
 * that clients have come to rely on.
 */
const OWN_STATUS: Readonly<Record<Exclude<RequestErrorCode, AuthRefusal>, StatusRow>> = {
  EMPTY_KEY: row(Status.INVALID_ARGUMENT, "key is not provided"),
  KEY_NOT_FOUND: row(Status.INVALID_ARGUMENT, "key not found"),
  VALUE_PROVIDED: row(Status.INVALID_ARGUMENT, "value is provided"),
  LEASE_PROVIDED: row(Status.INVALID_ARGUMENT, "lease is provided"),
  TOO_MANY_OPERATIONS: row(Status.INVALID_ARGUMENT, "too many operations in txn request"),
  DUPLICATE_KEY: row(Status.INVALID_ARGUMENT, "duplicate key given in txn request"),
  INVALID_CLIENT_API_VERSION: row(Status.INVALID_ARGUMENT, "invalid client api version"),
  INVALID_SORT_OPTION: row(Status.INVALID_ARGUMENT, "invalid sort option"),
  BAD_MEMBER_URLS: row(Status.INVALID_ARGUMENT, "given member URLs are invalid"),
  REQUEST_TOO_LARGE: row(Status.INVALID_ARGUMENT, "request is too large"),
  RANGE_STREAM_SORTED: bare(
    Status.UNIMPLEMENTED,
    "RangeStream does not support custom sort orders",
  ),
  RANGE_STREAM_FILTERED: bare(
    Status.UNIMPLEMENTED,
    "RangeStream does not support revision filters",
  ),
  COMPACTED: row(Status.OUT_OF_RANGE, "mvcc: required revision has been compacted"),
  FUTURE_REVISION: row(Status.OUT_OF_RANGE, "mvcc: required revision is a future revision"),
  LEASE_TTL_TOO_LARGE: row(Status.OUT_OF_RANGE, "too large lease TTL"),
  NO_SPACE: row(Status.RESOURCE_EXHAUSTED, "mvcc: database space exceeded"),
  TOO_MANY_REQUESTS: row(Status.UNKNOWN, "too many requests"),
  LEASE_NOT_FOUND: row(Status.NOT_FOUND, "requested lease not found"),
  LEASE_EXISTS: row(Status.FAILED_PRECONDITION, "lease already exists"),
  LEASE_NOT_PRIMARY: bare(Status.UNKNOWN, "not a primary lessor"),
  MEMBER_NOT_FOUND: row(Status.NOT_FOUND, "member not found"),
  MEMBER_NOT_LEARNER: row(Status.FAILED_PRECONDITION, "can only promote a learner member"),
  MEMBER_EXISTS: row(Status.FAILED_PRECONDITION, "member ID already exist"),
  TOO_MANY_LEARNERS: row(Status.FAILED_PRECONDITION, "too many learner members in cluster"),
  LEARNER_NOT_READY: row(
    Status.FAILED_PRECONDITION,
    "can only promote a learner member which is in sync with leader",
  ),
  LEARNER: row(Status.FAILED_PRECONDITION, "rpc not supported for learner"),
  UNHEALTHY_CLUSTER: row(Status.UNAVAILABLE, "unhealthy cluster"),
  TIMEOUT_CONNECTION_LOST: row(
    Status.UNAVAILABLE,
    "request timed out, possibly due to connection lost",
  ),
  TIMEOUT_LEADER_FAILED: row(
    Status.UNAVAILABLE,
    "request timed out, possibly due to previous leader failure",
  ),
  TIMEOUT_LEADER_TRANSFER: row(Status.UNKNOWN, "request timed out, leader transfer took too long"),
  DOWNGRADE_IN_PROGRESS: row(Status.FAILED_PRECONDITION, "cluster has a downgrade job in progress"),
  NO_CLUSTER_VERSION: row(Status.FAILED_PRECONDITION, "cluster version not found during downgrade"),
  PEER_URL_EXISTS: row(Status.FAILED_PRECONDITION, "Peer URLs already exists"),
  NOT_ENOUGH_STARTED_MEMBERS: row(
    Status.UNKNOWN,
    "re-configuration failed due to not enough started members",
  ),
  NO_LEADER: row(Status.UNAVAILABLE, "no leader"),
  NOT_LEADER: row(Status.FAILED_PRECONDITION, "not leader"),
  BAD_LEADER_TRANSFEREE: row(Status.FAILED_PRECONDITION, "bad leader transferee"),
  STOPPED: row(Status.UNAVAILABLE, "server stopped"),
  TIMEOUT: row(Status.UNAVAILABLE, "request timed out"),
  TIMEOUT_NOT_PROPOSED: bare(Status.DEADLINE_EXCEEDED, "context deadline exceeded"),
  CORRUPT: row(Status.DATA_LOSS, "corrupt cluster"),
  WATCH_CANCELED: row(Status.CANCELLED, "watch canceled"),
  ELECTION_NOT_LEADER: bare(Status.UNKNOWN, "election: not leader"),
  ELECTION_NO_LEADER: bare(Status.UNKNOWN, "election: no leader"),
  MISSING_LEADER_KEY: bare(Status.UNKNOWN, '"leader" field must be provided'),
  SESSION_EXPIRED: bare(Status.UNKNOWN, "mutex: session is expired"),
  BAD_DOWNGRADE_VERSION_FORMAT: row(
    Status.INVALID_ARGUMENT,
    "wrong downgrade target version format",
  ),
  INVALID_DOWNGRADE_TARGET: row(Status.INVALID_ARGUMENT, "invalid downgrade target version"),
  NO_DOWNGRADE_IN_PROGRESS: row(Status.FAILED_PRECONDITION, "no inflight downgrade job"),
  UNKNOWN_METHOD: row(Status.UNKNOWN, "unknown method"),
  REPLY_TOO_LARGE: { status: Status.RESOURCE_EXHAUSTED, text: undefined },
  CALL_GONE: bare(Status.CANCELLED, "context canceled"),
  MALFORMED_REQUEST: { status: Status.INTERNAL, text: undefined },
  NOT_IMPLEMENTED: { status: Status.UNIMPLEMENTED, text: undefined },
  INTERNAL: { status: Status.INTERNAL, text: undefined },
};

const STATUS: Readonly<Record<RequestErrorCode, StatusRow>> = { ...OWN_STATUS, ...AUTH_ERRORS };

/** The wire text of a refusal, such as a watch's cancel reason. */
export function errorText(error: RequestError): string {
  return STATUS[error.code].text ?? error.message;
}

export function errorStatus(error: RequestError): StatusCode {
  return STATUS[error.code].status;
}

/** FairQueue what any layer raised into a refusal; what nobody foresaw becomes `INTERNAL`. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (
    error instanceof MvccError &&
    (error.code === "COMPACTED" || error.code === "FUTURE_REVISION")
  )
    return new RequestError(error.code);
  if (error instanceof MvccError && error.code === "CLOSED") return new RequestError("STOPPED");
  if (error instanceof LeaseError) return leaseRefusal(error);
  if (error instanceof AuthError) return authRefusal(error);
  if (error instanceof MembershipError) return membershipRefusal(error);
  if (error instanceof WireError) {
    return new RequestError(
      "MALFORMED_REQUEST",
      `grpc: error unmarshalling request: ${error.message}`,
    );
  }
  // Nested thousands deep: the stack ends while the request is looked through.
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    return toRequestError(new WireError("Messages are nested too deeply"));
  }
  return new RequestError("INTERNAL", error instanceof Error ? error.message : String(error));
}

function authRefusal({ code, message }: AuthError): RequestError {
  if (code === "INVALID_OPTIONS" || code === "CORRUPT_RECORD") {
    return new RequestError("INTERNAL", message);
  }
  return new RequestError(code);
}

const MEMBERSHIP: Partial<Record<MembershipErrorCode, RequestErrorCode>> = {
  ID_REMOVED: "MEMBER_NOT_FOUND",
  ID_NOT_FOUND: "MEMBER_NOT_FOUND",
  ID_EXISTS: "MEMBER_EXISTS",
  PEER_URL_EXISTS: "PEER_URL_EXISTS",
  NOT_LEARNER: "MEMBER_NOT_LEARNER",
  TOO_MANY_LEARNERS: "TOO_MANY_LEARNERS",
  NOT_ENOUGH_STARTED: "NOT_ENOUGH_STARTED_MEMBERS",
  UNHEALTHY: "UNHEALTHY_CLUSTER",
  LEARNER_NOT_READY: "LEARNER_NOT_READY",
  NOT_LEADER: "NOT_LEADER",
  BAD_URLS: "BAD_MEMBER_URLS",
  BAD_INITIAL_CLUSTER: "BAD_MEMBER_URLS",
  BAD_DOWNGRADE_FORMAT: "BAD_DOWNGRADE_VERSION_FORMAT",
  BAD_DOWNGRADE_TARGET: "INVALID_DOWNGRADE_TARGET",
  DOWNGRADE_IN_PROGRESS: "DOWNGRADE_IN_PROGRESS",
  NO_DOWNGRADE: "NO_DOWNGRADE_IN_PROGRESS",
  NO_CLUSTER_VERSION: "NO_CLUSTER_VERSION",
};

function membershipRefusal(error: MembershipError): RequestError {
  const code = MEMBERSHIP[error.code];
  return code === undefined ? new RequestError("INTERNAL", error.message) : new RequestError(code);
}

function leaseRefusal(error: LeaseError): RequestError {
  switch (error.code) {
    case "LEASE_EXISTS":
    case "LEASE_NOT_FOUND":
    case "LEASE_TTL_TOO_LARGE":
      return new RequestError(error.code);
    case "NOT_PRIMARY":
      return new RequestError("LEASE_NOT_PRIMARY");
    default:
      return new RequestError("INTERNAL", error.message);
  }
}

/** Something that a refusal can be sent to: a unary call or a stream. */
interface Failable {
  fail(code: StatusCode, message: string): void;
}

/** Ends a call with the status and text of what was raised. */
export function failCall(call: Failable, error: unknown): void {
  const refusal = toRequestError(error);
  call.fail(errorStatus(refusal), errorText(refusal));
}

/** As `failCall`, for a message of a stream: there grpc-go has other words for a malformed one. */
export function failStream(call: Failable, error: unknown): void {
  if (!(error instanceof WireError)) return failCall(call, error);
  call.fail(Status.INTERNAL, `grpc: failed to unmarshal the received message: ${error.message}`);
}

/**
 * As `failCall`, for Lock and Election: there refusals come from etcd's own client inside the server, which
 * loses their code. Clients see Unknown with the right text.
 */
export function failRecipe(call: Failable, error: unknown): void {
  call.fail(Status.UNKNOWN, errorText(toRequestError(error)));
}
