import { Status, type StatusCode } from "@nodetcd/grpc";
import type { Http1Response } from "@nodetcd/runtime";

/** What the gateway answers instead of a message. */
export interface Refusal {
  readonly code: StatusCode;
  readonly message: string;
}

/** HTTP statuses by gRPC status; the others are 500. */
const HTTP_STATUS: Partial<Record<StatusCode, number>> = {
  [Status.OK]: 200,
  [Status.CANCELLED]: 499,
  [Status.INVALID_ARGUMENT]: 400,
  [Status.DEADLINE_EXCEEDED]: 504,
  [Status.NOT_FOUND]: 404,
  [Status.ALREADY_EXISTS]: 409,
  [Status.PERMISSION_DENIED]: 403,
  [Status.RESOURCE_EXHAUSTED]: 429,
  [Status.FAILED_PRECONDITION]: 400,
  [Status.ABORTED]: 409,
  [Status.OUT_OF_RANGE]: 400,
  [Status.UNIMPLEMENTED]: 501,
  [Status.UNAVAILABLE]: 503,
  [Status.UNAUTHENTICATED]: 401,
};

export const JSON_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "application/json",
};

/** On all that a method has answered. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  ...JSON_HEADERS,
  "Grpc-Metadata-Content-Type": "application/grpc",
};

export function httpStatus(code: StatusCode): number {
  return HTTP_STATUS[code] ?? 500;
}

export function errorJson({ code, message }: Refusal): string {
  return JSON.stringify({ code, message });
}

/** The head of an answer that is an error. */
export function errorHead({ code, message }: Refusal): Pick<Http1Response, "status" | "headers"> {
  const headers = { ...JSON_HEADERS };
  // Text of the server's own; a header holds no other characters than these.
  if (code === Status.UNAUTHENTICATED) {
    headers["Www-Authenticate"] = message.replace(/[^\t\x20-\x7e]/g, "?");
  }
  return { status: httpStatus(code), headers };
}

export function errorReply(refusal: Refusal): Http1Response {
  return { ...errorHead(refusal), body: errorJson(refusal) };
}
