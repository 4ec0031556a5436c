export { Backend } from "./batched-store.ts";
export { BUCKETS, type BucketName } from "./buckets.ts";
export { BackendError, type BackendErrorCode } from "./errors.ts";
export type { IgnoreRecord } from "./hash.ts";
export { openBackend } from "./open.ts";
export type { BackendOptions, BackendRuntime } from "./options.ts";
export type { Visit } from "./range.ts";
export type { BackendSnapshot } from "./snapshot.ts";
