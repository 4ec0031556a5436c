import type { StatusCode } from "@nodetcd/grpc";
import type { AnyMethod } from "@nodetcd/messages";
import type { MeteredStream } from "./metered-stream.ts";
import type { MeteredUnary } from "./metered-unary.ts";

/** Is told of each unary call as it ends; `reply` is undefined when it failed. Bytes are borrowed. */
export type UnaryAudit = (
  call: MeteredUnary,
  reply: Uint8Array | undefined,
  code: StatusCode,
  error: string,
  tookMs: number,
) => void;

/** Is told of the messages of a stream and of its end. Bytes are borrowed. */
export interface StreamAudit {
  received(call: MeteredStream, message: Uint8Array): void;
  sent(call: MeteredStream, message: Uint8Array): void;
  ended(call: MeteredStream, code: StatusCode, error: string, tookMs: number): void;
}

/** Keeps a record of calls. */
export interface CallAudit {
  unary(method: AnyMethod): UnaryAudit;
  stream(method: AnyMethod): StreamAudit;
}
