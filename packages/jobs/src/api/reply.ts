import { EtcdError } from "@nodetcd/client";
import { ApiError, type Status } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";

export function jsonReply(
  value: unknown,
  {
    status = 200,
    contentType = "application/json",
  }: { status?: number; contentType?: string } = {},
): HttpReply {
  return {
    status,
    headers: { "Content-Type": contentType },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** `Warning: 299 - "text"`, which clients show to people. */
export function withWarnings(reply: HttpReply, warnings: readonly string[]): HttpReply {
  if (warnings.length === 0) return reply;
  const lines = warnings.map((text) => `299 - "${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
  return { ...reply, headers: { ...reply.headers, Warning: lines } };
}

function ofEtcd(error: EtcdError): ApiError {
  const { code, message } = error;
  switch (code) {
    case "REQUEST_TOO_LARGE":
      return new ApiError("RequestEntityTooLarge", message, { cause: error });
    case "DEADLINE_EXCEEDED":
    case "REQUEST_TIMED_OUT":
      return new ApiError("Timeout", `etcd did not answer in time: ${message}`, { cause: error });
    case "UNAVAILABLE":
    case "NO_LEADER":
    case "LEADER_CHANGED":
    case "SERVER_STOPPED":
    case "CLIENT_CLOSED":
    case "TOO_MANY_REQUESTS":
      return new ApiError("ServiceUnavailable", `etcd cannot be asked now: ${message}`, {
        details: { retryAfterSeconds: 1 },
        cause: error,
      });
    default:
      return new ApiError("InternalError", message, { cause: error });
  }
}

/** Any failure as one that can be answered. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof EtcdError) return ofEtcd(error);
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError("InternalError", `Internal error occurred: ${message}`, { cause: error });
}

export function errorReply(error: ApiError): HttpReply {
  const reply = jsonReply(error.toStatus(), { status: error.code });
  const after = error.details?.retryAfterSeconds;
  if (after !== undefined) reply.headers["Retry-After"] = String(after);
  return reply;
}

export function success(details: Status["details"]): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    ...(details === undefined ? {} : { details }),
  };
}
