export { BoltError, type BoltErrorCode } from "./errors.ts";
export { MAX_KEY_SIZE, MAX_VALUE_SIZE } from "./limits.ts";
