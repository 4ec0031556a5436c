import type { UnaryCall } from "@nodetcd/grpc";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";

/** The refusal of what is not built yet, by the method's name. */
export function notImplemented(method: string): RequestError {
  return new RequestError("NOT_IMPLEMENTED", `nodetcd: ${method} is not implemented yet`);
}

/** Answers UNIMPLEMENTED by the method's name. */
export function receiveNotImplemented(
  method: string,
): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => failCall(call, notImplemented(method));
}
