/** Characters of a generated name; the base is cut so that base and suffix fit. */
export const GENERATED_NAME_MAX = 63;
export const GENERATED_SUFFIX_LENGTH = 5;
/** How often `modify` reads again after somebody else was faster. */
export const MODIFY_ATTEMPTS = 20;
/** Objects read from etcd at once while a selector looks for enough that match. */
export const LIST_PAGE_MAX = 500;
/** Operations and conditions of one transaction, as etcd's default allows. */
export const TRANSACTION_CHANGES_MAX = 60;
/** Seconds of expiring objects that share one lease. */
export const TTL_BUCKET_SECONDS = 60;
/** Milliseconds between bookmarks of a watch. */
export const BOOKMARK_MS = 60_000;
/** A watch without a time limit of its own ends at random between these, in milliseconds. */
export const WATCH_MS_MIN = 1_800_000;
export const WATCH_MS_MAX = 3_600_000;
/** Bytes of a request's body. */
export const BODY_BYTES_MAX: number = 3 * 1024 * 1024;
/** Seconds that an event is kept. */
export const EVENT_TTL_SECONDS = 3_600;
