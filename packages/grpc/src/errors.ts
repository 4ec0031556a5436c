import type { Metadata } from "./metadata.ts";
import { EMPTY_METADATA } from "./metadata.ts";
import type { StatusCode } from "./status.ts";

/** A call that ended with another status than OK; `message` is the grpc-message. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: StatusCode;
  readonly trailers: Metadata;

  constructor(code: StatusCode, message: string, trailers: Metadata = EMPTY_METADATA) {
    super(message);
    this.code = code;
    this.trailers = trailers;
  }
}
