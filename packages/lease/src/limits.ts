/** The longest time to live that can be granted, in seconds, as in etcd. */
export const MAX_TTL_SECONDS = 9_000_000_000;
/** Milliseconds between two looks for leases that ran out. */
export const EXPIRY_INTERVAL_MS = 500;
/** Leases handed to `onExpired` in a second at most; ten times as many as in etcd. */
export const EXPIRED_PER_SECOND = 10_000;
/** Milliseconds after which a lease that was handed over and is still there is handed over again. */
export const EXPIRED_RETRY_MS = 3000;
/** Seconds of life after which the rest of a long lease is worth a checkpoint. */
export const CHECKPOINT_INTERVAL_SECONDS = 300;
/** Checkpoints handed over in one go. */
export const CHECKPOINT_BATCH = 1000;
/** Keys of a lease that are sorted in one step of its revocation: some 2 ms. */
export const KEYS_SORTED_AT_ONCE = 10_000;
/** Keys that are deleted in one step of a revocation: some 2 ms, with what the store does. */
export const REVOKED_KEYS_PER_STEP = 1000;
