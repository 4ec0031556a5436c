/** Bytes of a container's termination message. */
export const TERMINATION_MESSAGE_BYTES_MAX = 4_096;
/** Milliseconds between two looks at what containers have written. */
export const LOG_POLL_MS = 200;
/** Milliseconds that an API server waits for the beginning of a worker's answer. */
export const WORKER_ANSWER_MS = 10_000;
/** Bytes of a worker's refusal that are read. */
export const WORKER_REFUSAL_BYTES_MAX: number = 64 * 1024;
/** Milliseconds between two looks at processes that an earlier worker has started. */
export const PROCESS_POLL_MS = 500;
/** Seconds until a worker that is gone counts as such. */
export const NODE_LEASE_SECONDS = 20;
/** Milliseconds that logs are kept after their pod is gone, and bytes of all logs that are kept on a node. */
export const LOG_KEPT_MS: number = 7 * 86_400_000;
export const LOGS_BYTES_MAX: number = 2 * 1024 ** 3;
/** Milliseconds between two clean-ups of logs. */
export const LOG_PRUNE_MS = 600_000;
/** Bytes of one line of a container's log; longer ones are kept in parts. */
export const LOG_LINE_BYTES_MAX: number = 16 * 1024;
/** Bytes of a log file; a run of a container keeps two, the older ones go. */
export const LOG_FILE_BYTES_MAX: number = 32 * 1024 * 1024;
/** Seconds until others take over from a leader that is gone. */
export const ELECTION_TTL_SECONDS = 10;
/** Where nodes' leases are; Kubernetes' own place for them. */
export const NODE_NAMESPACE = "kube-node-lease";
/** Milliseconds after which the pods of a node that is away count as failed. */
export const NODE_LOST_MS = 300_000;
/** Milliseconds until a namespace that is not empty yet is looked at again. */
export const NAMESPACE_RECHECK_MS = 500;
/** Keys of one controller that are worked on at the same time. */
export const CONTROLLER_WORKERS = 32;
/** Milliseconds until a key comes again after a failure: the first time, and at most. */
export const RETRY_FIRST_MS = 20;
export const RETRY_LONGEST_MS = 60_000;
/** Milliseconds until a broken list and watch begins anew. */
export const RELIST_MS = 1_000;
/** Longest time of one timer, in milliseconds; who waits longer looks again in between. */
export const TIMER_MS_MAX = 3_600_000;
/** Lines of the slot ledger that are kept of a CronJob, and lines after which those before them go. */
export const LEDGER_LINES_KEPT = 1_000;
export const LEDGER_PRUNE_EVERY = 100;
/** Keys read at once where contents are not needed. */
export const NAMES_PAGE = 5_000;
/** Events that wait to be written; of more the oldest are dropped. And how many are written in one transaction. */
export const EVENTS_WAITING_MAX = 10_000;
export const EVENTS_AT_ONCE = 50;
/** Events whose repetitions are counted instead of written anew. */
export const EVENTS_REMEMBERED = 4_096;
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
/** Operations of one JSON patch. */
export const JSON_PATCH_OPERATIONS_MAX = 10_000;
/** Bytes of all annotations of an object. */
export const ANNOTATIONS_BYTES_MAX: number = 256 * 1024;
/** Bytes of the name of a field manager. */
export const FIELD_MANAGER_MAX = 128;

/** Times that events are tried to be written, and milliseconds between them. */
export const EVENT_ATTEMPTS = 5;
export const EVENT_RETRY_MS = 1_000;

/** Longest answer that is given line breaks for people; a longer one goes as it is, as that holds up the event loop. */
export const LEGIBLE_CHARACTERS_MAX: number = 1024 * 1024;
