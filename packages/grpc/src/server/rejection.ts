import type { Method } from "../services.ts";
import { timeoutProblem } from "../message/timeout.ts";
import { Status, type StatusCode } from "../status.ts";

/** What of a request's head decides whether it has a handler. */
export interface UncheckedHead {
  readonly httpMethod: string;
  readonly contentType: string;
  /** "" without grpc-encoding. */
  readonly encoding: string;
  /** What is wrong with several hosts, or with binary metadata. */
  readonly badHosts: string | undefined;
  readonly badMetadata: string | undefined;
  /** A grpc-timeout that cannot be read. */
  readonly badTimeout: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly method: Method | undefined;
}

/** Why a request is answered without a handler. */
export interface Rejection {
  readonly httpStatus: number;
  readonly code: StatusCode;
  readonly message: string;
}

const GRPC_CONTENT_TYPE = /^application\/grpc(?:[+;].*)?$/;

/** A call with less time, in milliseconds, is late when it comes. */
const LATE_MS = 0.001;

const badRequest = (message: string): Rejection => ({
  httpStatus: 400,
  code: Status.INTERNAL,
  message,
});

/** What is wrong with a well-formed request, in grpc-go's words; undefined: nothing. */
export function findRejection(head: UncheckedHead, unknown: () => string): Rejection | undefined {
  if (head.badHosts !== undefined) return badRequest(head.badHosts);
  if (!GRPC_CONTENT_TYPE.test(head.contentType)) {
    return {
      httpStatus: 415,
      code: Status.INVALID_ARGUMENT,
      message: `invalid gRPC request content-type ${JSON.stringify(head.contentType)}`,
    };
  }
  if (head.badTimeout !== undefined) {
    return badRequest(`malformed grpc-timeout: ${timeoutProblem(head.badTimeout)}`);
  }
  if (head.badMetadata !== undefined) return badRequest(head.badMetadata);
  if (head.httpMethod !== "POST") {
    const method = JSON.stringify(head.httpMethod);
    return {
      httpStatus: 405,
      code: Status.INTERNAL,
      message: `Received a HEADERS frame with :method ${method} which should be POST`,
    };
  }
  if (head.method === undefined) {
    return { httpStatus: 200, code: Status.UNIMPLEMENTED, message: unknown() };
  }
  if (head.encoding !== "" && head.encoding !== "identity" && head.encoding !== "gzip") {
    const encoding = JSON.stringify(head.encoding);
    return {
      httpStatus: 200,
      code: Status.UNIMPLEMENTED,
      message: `grpc: Decompressor is not installed for grpc-encoding ${encoding}`,
    };
  }
  if (head.timeoutMs !== undefined && head.timeoutMs <= LATE_MS) {
    return {
      httpStatus: 200,
      code: Status.DEADLINE_EXCEEDED,
      message: "context deadline exceeded",
    };
  }
  return undefined;
}
