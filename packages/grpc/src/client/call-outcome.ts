import { ErrorCode } from "../http2-error.ts";
import { EMPTY_METADATA } from "../metadata.ts";
import { Status, type StatusCode } from "../status.ts";
import type { CallStatus } from "../transport.ts";
import type { ResponseHead } from "./response-head.ts";

/** grpc/grpc doc/http-grpc-status-mapping.md */
const HTTP_STATUS: Readonly<Record<number, StatusCode>> = {
  400: Status.INTERNAL,
  401: Status.UNAUTHENTICATED,
  403: Status.PERMISSION_DENIED,
  404: Status.UNIMPLEMENTED,
  429: Status.UNAVAILABLE,
  502: Status.UNAVAILABLE,
  503: Status.UNAVAILABLE,
  504: Status.UNAVAILABLE,
};

export function callStatus(code: StatusCode, message: string): CallStatus {
  return { code, message, trailers: EMPTY_METADATA };
}

export const DEADLINE_PASSED: CallStatus = callStatus(
  Status.DEADLINE_EXCEEDED,
  "context deadline exceeded",
);

/** How a call ended whose last header block was `last`; `first` is the block that began the response. */
export function statusOf(first: ResponseHead, last: ResponseHead): CallStatus {
  if (last.grpcStatus !== undefined) {
    return { code: last.grpcStatus, message: last.grpcMessage, trailers: last.metadata };
  }
  const http = first.httpStatus ?? 0;
  if (http !== 200) {
    const code = HTTP_STATUS[http] ?? Status.UNKNOWN;
    return callStatus(code, `unexpected HTTP status code received from server: ${http}`);
  }
  return callStatus(Status.INTERNAL, "server closed the stream without sending trailers");
}

/**
 * How a call ended that was reset with this code; without a code its connection was lost. `late`: its deadline
 * has passed, by which servers cancel it too.
 */
export function statusOfReset(
  code: ErrorCode | undefined,
  message: string,
  late: boolean,
): CallStatus {
  switch (code) {
    case undefined:
      return callStatus(Status.UNAVAILABLE, message);
    case ErrorCode.REFUSED_STREAM:
      return callStatus(Status.UNAVAILABLE, "the server refused the stream");
    case ErrorCode.CANCEL:
      if (late) return DEADLINE_PASSED;
      return callStatus(Status.CANCELLED, "the server cancelled the stream");
    case ErrorCode.ENHANCE_YOUR_CALM:
      return callStatus(Status.RESOURCE_EXHAUSTED, `stream reset: ${message}`);
    case ErrorCode.INADEQUATE_SECURITY:
      return callStatus(Status.PERMISSION_DENIED, `stream reset: ${message}`);
    default:
      return callStatus(Status.INTERNAL, `stream terminated by RST_STREAM with code ${code}`);
  }
}
