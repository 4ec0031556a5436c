export type { BackendLike } from "./backend-like.ts";
export { LeaseError, type LeaseErrorCode } from "./errors.ts";
export type { Lease } from "./held-lease.ts";
export type { Checkpoint } from "./expiry-queue.ts";
export { Lessor, type LessorOptions, openLessor } from "./lessor.ts";
export { CHECKPOINT_INTERVAL_SECONDS, MAX_TTL_SECONDS } from "./limits.ts";
export { type DeleteKey, type Revocation } from "./revocation.ts";
export { recordKey, recordValue } from "./record.ts";
