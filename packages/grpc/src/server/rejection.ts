import type { Method } from "../services.ts";
import { Status, type StatusCode } from "../status.ts";

/** What of a request's head decides whether it has a handler. */
export interface UncheckedHead {
  readonly httpMethod: string;
  readonly contentType: string;
  /** "" without grpc-encoding. */
  readonly encoding: string;
  /** A grpc-timeout that cannot be read. */
  readonly badTimeout: string | undefined;
  readonly method: Method | undefined;
}

/** Why a request is answered without a handler. */
export interface Rejection {
  readonly httpStatus: number;
  readonly code: StatusCode;
  readonly message: string;
}

const GRPC_CONTENT_TYPE = /^application\/grpc(?:[+;].*)?$/i;

/** What is wrong with a well-formed request, in grpc-go's words; undefined: nothing. */
export function findRejection(head: UncheckedHead, unknown: () => string): Rejection | undefined {
  if (!GRPC_CONTENT_TYPE.test(head.contentType)) {
    return {
      httpStatus: 415,
      code: Status.INVALID_ARGUMENT,
      message: `invalid gRPC request content-type: ${JSON.stringify(head.contentType)}`,
    };
  }
  if (head.httpMethod !== "POST") {
    const method = JSON.stringify(head.httpMethod);
    return {
      httpStatus: 405,
      code: Status.INTERNAL,
      message: `Received a HEADERS frame with :method ${method} which should be POST`,
    };
  }
  if (head.badTimeout !== undefined) {
    const timeout = JSON.stringify(head.badTimeout);
    return {
      httpStatus: 400,
      code: Status.INTERNAL,
      message: `malformed grpc-timeout: ${timeout}`,
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
  return undefined;
}
