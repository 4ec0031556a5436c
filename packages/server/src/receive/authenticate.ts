import type { UnaryCall } from "@nodetcd/grpc";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";

/** `etcdserverpb.Auth/Authenticate`: authentication is not built yet, and so never enabled. */
export function receiveAuthenticate(): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => failCall(call, new RequestError("AUTH_NOT_ENABLED"));
}
