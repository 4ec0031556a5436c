/** The one list that is not spelled out by name: the schemas in `proto/` are the list. */
export { type Init, type MessageCodec, NO_BYTES } from "./codec.ts";
export { JsonError, type JsonErrorCode } from "./errors.ts";
export { type JsonField, type JsonKind, type JsonMessage, jsonMessage } from "./json/fields.ts";
export { fromJson } from "./json/decode.ts";
export { toJson } from "./json/encode.ts";
export { JsonValues } from "./json/json-values.ts";
export type { Method, MethodKind } from "./method.ts";
export {
  type AnyMethod,
  METHOD_LIST,
  methodAt,
  type MethodAt,
  type MethodPath,
  type MethodPathOf,
  type RequestOf,
  type ResponseOf,
} from "./method-list.ts";
export * from "./generated/auth.ts";
export * from "./generated/etcdserver.ts";
export * from "./generated/health.ts";
export * from "./generated/kv.ts";
export * from "./generated/lease.ts";
export * from "./generated/membership.ts";
export { METHODS, type Methods } from "./generated/methods.ts";
export * from "./generated/raft-internal.ts";
export * from "./generated/raft.ts";
export * from "./generated/record.ts";
export * from "./generated/rpc.ts";
export * from "./generated/snap.ts";
export * from "./generated/tags.ts";
export * from "./generated/v3election.ts";
export * from "./generated/v3lock.ts";
