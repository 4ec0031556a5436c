export { type BackendLike, type KeyLeases, noLeases } from "./backend-like.ts";
export type { StoredEvent } from "./change.ts";
export type { Compaction } from "./compact.ts";
export type { Deletion } from "./delete-range.ts";
export { MvccError, type MvccErrorCode } from "./errors.ts";
export { RecordHasher } from "./hash.ts";
export type { RangeOptions, RangeResult } from "./range.ts";
export { RangeReader, type RangeReaderOptions } from "./range-reader.ts";
export type { Restored } from "./restore.ts";
export {
  isTombstoneKey,
  mainOf,
  revisionBound,
  REVISION_KEY_LENGTH,
  revisionKey,
  subOf,
} from "./revision.ts";
export type { StoreStats } from "./stats.ts";
export type { CompactHash } from "./store-state.ts";
export { openStore, Store, type StoreOptions } from "./store.ts";
export { parseStored, recordKey, StoredKeyValue } from "./stored-key-value.ts";
export { WriteTransaction } from "./txn.ts";
export { WatchHub } from "./watch/hub.ts";
export { AUTO_WATCH_ID, type WatchResponse, type WatchSink } from "./watch/response.ts";
export { type WatchFilter, type WatchOptions, WatchStream } from "./watch/stream.ts";
