import { EtcdError } from "@nodetcd/client";
import { Status } from "@nodetcd/grpc";

/** gRPC's codes as Go prints them. */
const STATUS_WORDS: readonly string[] = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** Codes of failures that no text of etcd's names. */
const UNNAMED = new Set<string>(["UNKNOWN", "UNAVAILABLE", "UNIMPLEMENTED", "DEADLINE_EXCEEDED"]);

/** True when the client gave up because nobody could be reached in time. */
function isUnreachable({ code, message }: EtcdError): boolean {
  return code === "UNAVAILABLE" && message.startsWith("connection error: ");
}

/** A connection that could not be made, in Go's words, which scripts look for. */
function dialText(text: string): string {
  return text.replace(
    /Cannot connect to ([^"]*?): connect ECONNREFUSED [^"]*/,
    "dial tcp $1: connect: connection refused",
  );
}

/** `rpc error: code = NotFound desc = etcdserver: requested lease not found`. */
export function rpcErrorText(error: EtcdError): string {
  if (isUnreachable(error)) {
    return `rpc error: code = DeadlineExceeded desc = latest balancer error: ${dialText(error.message)}`;
  }
  return `rpc error: code = ${STATUS_WORDS[error.status] ?? "Unknown"} desc = ${error.message}`;
}

/** What etcdctl says of the failure of a call. */
export function errorText(error: unknown): string {
  if (!(error instanceof EtcdError)) return error instanceof Error ? error.message : String(error);
  if (error.status === Status.DEADLINE_EXCEEDED || isUnreachable(error)) {
    return "context deadline exceeded";
  }
  if (error.code === "BAD_ARGUMENT" || error.code === "CLIENT_CLOSED") return error.message;
  return UNNAMED.has(error.code) ? rpcErrorText(error) : error.message;
}
