import { RpcError, Status, type StatusCode } from "@nodetcd/grpc";
import { MAX_RECEIVE_BYTES } from "./limits.ts";

/**
 * etcd's error texts (without the `etcdserver: ` in front) and the stable codes they get here.
 * Source: api/v3rpc/rpctypes of etcd 3.7; programs match on these texts, so they do not change.
 */
const CODE_OF_TEXT = {
  "key is not provided": "EMPTY_KEY",
  "key not found": "KEY_NOT_FOUND",
  "value is provided": "VALUE_PROVIDED",
  "lease is provided": "LEASE_PROVIDED",
  "too many operations in txn request": "TOO_MANY_OPERATIONS",
  "duplicate key given in txn request": "DUPLICATE_KEY",
  "invalid sort option": "INVALID_SORT_OPTION",
  "mvcc: required revision has been compacted": "COMPACTED",
  "mvcc: required revision is a future revision": "FUTURE_REVISION",
  "mvcc: database space exceeded": "NO_SPACE",
  "requested lease not found": "LEASE_NOT_FOUND",
  "lease already exists": "LEASE_EXISTS",
  "too large lease TTL": "LEASE_TTL_TOO_LARGE",
  "watch canceled": "WATCH_CANCELED",
  "member ID already exist": "MEMBER_EXISTS",
  "Peer URLs already exists": "PEER_URL_EXISTS",
  "re-configuration failed due to not enough started members": "NOT_ENOUGH_STARTED_MEMBERS",
  "given member URLs are invalid": "BAD_MEMBER_URLS",
  "member not found": "MEMBER_NOT_FOUND",
  "can only promote a learner member": "MEMBER_NOT_LEARNER",
  "can only promote a learner member which is in sync with leader": "LEARNER_NOT_READY",
  "too many learner members in cluster": "TOO_MANY_LEARNERS",
  "request is too large": "REQUEST_TOO_LARGE",
  "too many requests": "TOO_MANY_REQUESTS",
  "root user does not exist": "ROOT_USER_MISSING",
  "root user does not have root role": "ROOT_ROLE_MISSING",
  "user name already exists": "USER_EXISTS",
  "user name is empty": "USER_NAME_EMPTY",
  "user name not found": "USER_NOT_FOUND",
  "role name already exists": "ROLE_EXISTS",
  "role name not found": "ROLE_NOT_FOUND",
  "role name is empty": "ROLE_NAME_EMPTY",
  "authentication failed, invalid user ID or password": "AUTHENTICATION_FAILED",
  "permission not given": "PERMISSION_NOT_GIVEN",
  "permission denied": "PERMISSION_DENIED",
  "role is not granted to the user": "ROLE_NOT_GRANTED",
  "permission is not granted to the role": "PERMISSION_NOT_GRANTED",
  "authentication is not enabled": "AUTH_NOT_ENABLED",
  "invalid auth token": "INVALID_AUTH_TOKEN",
  "invalid auth management": "INVALID_AUTH_MANAGEMENT",
  "revision of auth store is old": "AUTH_OLD_REVISION",
  "no leader": "NO_LEADER",
  "not leader": "NOT_LEADER",
  "leader changed": "LEADER_CHANGED",
  "not capable": "NOT_CAPABLE",
  "server stopped": "SERVER_STOPPED",
  "request timed out": "REQUEST_TIMED_OUT",
  "request timed out, possibly due to previous leader failure": "REQUEST_TIMED_OUT",
  "request timed out, possibly due to connection lost": "REQUEST_TIMED_OUT",
  "request timed out, waiting for the applied index took too long": "REQUEST_TIMED_OUT",
  "unhealthy cluster": "UNHEALTHY_CLUSTER",
  "corrupt cluster": "CORRUPT_CLUSTER",
  "bad leader transferee": "BAD_LEADER_TRANSFEREE",
  "rpc not supported for learner": "NOT_SUPPORTED_FOR_LEARNER",
  "cluster ID mismatch": "CLUSTER_ID_MISMATCH",
  "invalid client api version": "INVALID_CLIENT_VERSION",
  "wrong downgrade target version format": "BAD_DOWNGRADE_VERSION",
  "invalid downgrade target version": "BAD_DOWNGRADE_VERSION",
  "cluster version not found during downgrade": "NO_CLUSTER_VERSION",
  "cluster has a downgrade job in progress": "DOWNGRADE_IN_PROGRESS",
  "no inflight downgrade job": "NO_DOWNGRADE",
  "request canceled": "CANCELLED",
} as const;

/** Codes for what is not told by one of etcd's texts. */
type OwnCode =
  /** No endpoint could be reached, or the connection broke. */
  | "UNAVAILABLE"
  /** The deadline of the call has passed; a write may or may not have happened. */
  | "DEADLINE_EXCEEDED"
  /** The `AbortSignal` of the call was aborted. */
  | "CANCELLED"
  /** `close()` was called. */
  | "CLIENT_CLOSED"
  /** An argument or option cannot work, see `argument`; nothing was sent. */
  | "BAD_ARGUMENT"
  /** The lease behind a lock or leadership has expired. */
  | "LEASE_LOST"
  /** With the client's `ordering`: every member lags behind what was read before. */
  | "NO_GREATER_REVISION"
  /** `lock(..., { wait: false })`: someone else holds it. */
  | "LOCK_HELD"
  /** A snapshot stream ended before its last byte. */
  | "SNAPSHOT_TRUNCATED"
  /** The server does not have this call. */
  | "UNIMPLEMENTED"
  /** Too much was asked for at once, or a reply is larger than is accepted. */
  | "RESOURCE_EXHAUSTED"
  /** Who calls was not recognized, by other means than etcd's. */
  | "UNAUTHENTICATED"
  /** The server or something on the way broke the protocol. */
  | "INTERNAL"
  /** The server answered with a text that is not in the table; see `message` and `status`. */
  | "UNKNOWN";

/** What `EtcdError.code` can be. Codes are stable; branch on them, never on messages. */
export type EtcdErrorCode = (typeof CODE_OF_TEXT)[keyof typeof CODE_OF_TEXT] | OwnCode;

/** Every failure of this package. */
export class EtcdError extends Error {
  override readonly name = "EtcdError";
  readonly code: EtcdErrorCode;
  /** The gRPC status code of the reply, or of the nearest meaning when there was no reply. */
  readonly status: StatusCode;
  /** With `COMPACTED` on a watch: the oldest revision that is still there; otherwise 0. */
  readonly compactRevision: number;
  /** With `BAD_ARGUMENT`: the name of the argument or option; otherwise undefined. */
  readonly argument: string | undefined;

  constructor(
    code: EtcdErrorCode,
    message: string,
    options: {
      status?: StatusCode;
      compactRevision?: number;
      argument?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? Status.UNKNOWN;
    this.compactRevision = options.compactRevision ?? 0;
    this.argument = options.argument;
  }
}

/** Streams of old servers give the texts of the auth package as they are: `auth: user name is empty`. */
const PREFIX = /^(?:etcdserver|auth): /;

/** A request above what gRPC reads there, in its words; etcd itself does not see it. */
const NOT_READ = /^grpc: received message larger than max \(\d+ vs\. (\d+)\)/;

function codeOfText(text: string): EtcdErrorCode | undefined {
  const bound = NOT_READ.exec(text)?.[1];
  if (bound !== undefined && Number(bound) < MAX_RECEIVE_BYTES) return "REQUEST_TOO_LARGE";
  const bare = text.replace(PREFIX, "");
  return Object.hasOwn(CODE_OF_TEXT, bare)
    ? CODE_OF_TEXT[bare as keyof typeof CODE_OF_TEXT]
    : undefined;
}

function codeOfStatus(status: StatusCode): EtcdErrorCode {
  switch (status) {
    case Status.UNAVAILABLE:
      return "UNAVAILABLE";
    case Status.DEADLINE_EXCEEDED:
      return "DEADLINE_EXCEEDED";
    case Status.CANCELLED:
      return "CANCELLED";
    case Status.UNIMPLEMENTED:
      return "UNIMPLEMENTED";
    case Status.PERMISSION_DENIED:
      return "PERMISSION_DENIED";
    case Status.RESOURCE_EXHAUSTED:
      return "RESOURCE_EXHAUSTED";
    case Status.UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    case Status.INTERNAL:
      return "INTERNAL";
    default:
      return "UNKNOWN";
  }
}

/** The error of a gRPC status. The message is etcd's text, unchanged. */
export function errorOfStatus(status: StatusCode, message: string, cause?: unknown): EtcdError {
  return new EtcdError(codeOfText(message) ?? codeOfStatus(status), message, { status, cause });
}

/** Any failure of a transport as an `EtcdError`. */
export function toEtcdError(error: unknown): EtcdError {
  if (error instanceof EtcdError) return error;
  if (error instanceof RpcError) return errorOfStatus(error.code, error.message, error);
  const message = error instanceof Error ? error.message : String(error);
  return new EtcdError("UNKNOWN", message, { cause: error });
}

/**
 * The error of a watch that the server cancelled. The reason is free text, sometimes that of a gRPC
 * error: `rpc error: code = PermissionDenied desc = etcdserver: permission denied`.
 */
export function errorOfCancelledWatch(reason: string, compactRevision: number): EtcdError {
  if (compactRevision > 0) {
    return new EtcdError(
      "COMPACTED",
      `etcdserver: mvcc: required revision has been compacted (oldest kept: ${compactRevision})`,
      { status: Status.OUT_OF_RANGE, compactRevision },
    );
  }
  const text = /desc = (.*)$/.exec(reason)?.[1] ?? reason;
  return new EtcdError(
    codeOfText(text) ?? "WATCH_CANCELED",
    text === "" ? "etcdserver: watch canceled" : text,
    { status: Status.CANCELLED },
  );
}
