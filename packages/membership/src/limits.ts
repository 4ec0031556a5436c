/** Learners that a cluster may have at a time, unless told otherwise (etcd's number). */
export const LEARNERS_MAX = 1;
/** A peer counts as connected when it has been so for this long, in milliseconds (etcd's number). */
export const HEALTHY_AFTER_MS = 5_000;
/** Share of the leader's log that a learner must have to become a voter (etcd's number). */
export const LEARNER_READY_SHARE = 0.9;
/** From one look at the members' versions to the next, in milliseconds (etcd's number). */
export const VERSION_LOOK_MS = 4_000;
/** Longest answer to `GET /members`, in bytes. */
export const MEMBERS_REPLY_BYTES_MAX: number = 1024 * 1024;
/** Members that a discovery registry may ask for. */
export const DISCOVERY_SIZE_MAX = 1_000;
/** Waits between two attempts to reach a discovery registry double up to 2 to the power of this, in seconds. */
export const DISCOVERY_BACKOFF_MAX = 8;
