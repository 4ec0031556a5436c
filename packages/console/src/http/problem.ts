import { EtcdError, type EtcdErrorCode } from "@nodetcd/client";
import type { ErrorBody } from "../contract/session.ts";
import { ConsoleError, HTTP_STATUS } from "../errors.ts";
import type { ApiReply } from "./exchange.ts";

/** Status and advice for failures that etcd tells; others are 502 without advice. */
const ETCD_PROBLEMS: Partial<Record<EtcdErrorCode, readonly [number, string]>> = {
  COMPACTED: [410, "This part of history was compacted away. Go to a newer revision."],
  FUTURE_REVISION: [400, "The store has not come to this revision yet."],
  PERMISSION_DENIED: [403, "Your role does not allow it. Ask who looks after users and roles."],
  AUTHENTICATION_FAILED: [401, "The name or the password is wrong."],
  USER_NAME_EMPTY: [401, "Sign in with a user of etcd."],
  INVALID_AUTH_TOKEN: [401, "Sign in again."],
  NO_SPACE: [507, "The database is full: Maintenance, Out of space leads through it."],
  UNAVAILABLE: [
    503,
    "No member could be reached. Look whether etcd runs and the address is right.",
  ],
  DEADLINE_EXCEEDED: [504, "The member did not answer in time."],
  LEASE_NOT_FOUND: [404, "The lease has ended."],
  BAD_ARGUMENT: [400, ""],
  UNIMPLEMENTED: [501, "This version of etcd does not have it."],
  REQUEST_TOO_LARGE: [413, "etcd takes 1.5 MiB in one request unless it is told otherwise."],
};

function body(code: string, message: string, advice: string): ErrorBody {
  return { error: { code, message, advice } };
}

/** The reply for any failure. What is no known failure says nothing of the inside. */
export function problem(error: unknown): ApiReply {
  if (error instanceof ConsoleError) {
    const value = body(error.code, error.message, error.advice);
    return { kind: "json", status: HTTP_STATUS[error.code], value };
  }
  if (error instanceof EtcdError) {
    const [status, advice] = ETCD_PROBLEMS[error.code] ?? [502, ""];
    return { kind: "json", status, value: body(error.code, error.message, advice) };
  }
  return { kind: "json", status: 500, value: body("INTERNAL", "The console failed here", "") };
}
