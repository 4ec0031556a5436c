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
