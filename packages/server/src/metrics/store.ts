import { counter, gauge, type Metric } from "@nodetcd/metrics";
import type { Store } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";

/** The database file, and the key space in it. */
export function storeMetrics({ backend, store, quota }: MemberContext): Metric[] {
  return [
    gauge(
      "etcd_server_quota_backend_bytes",
      "Current backend storage quota size in bytes.",
      () => quota.limit,
    ),
    gauge(
      "etcd_mvcc_db_total_size_in_bytes",
      "Total size of the underlying database physically allocated in bytes.",
      () => backend.size(),
    ),
    gauge(
      "etcd_mvcc_db_total_size_in_use_in_bytes",
      "Total size of the underlying database logically in use in bytes.",
      () => backend.sizeInUse(),
    ),
    gauge(
      "nodetcd_mvcc_db_pinned_size_in_bytes",
      "Bytes of the database file that only open readers of an earlier state need, such as a backup.",
      () => backend.sizePinned(),
    ),
    ...keyMetrics(store),
    ...watchMetrics(store),
  ];
}

/** What was asked of the key space, and what is in it. */
function keyMetrics(store: Store): Metric[] {
  const { stats } = store;
  return [
    counter(
      "etcd_mvcc_range_total",
      "Total number of ranges seen by this member.",
      () => stats.ranges,
    ),
    counter("etcd_mvcc_put_total", "Total number of puts seen by this member.", () => stats.puts),
    counter(
      "etcd_mvcc_delete_total",
      "Total number of deletes seen by this member.",
      () => stats.deletes,
    ),
    counter("etcd_mvcc_txn_total", "Total number of txns seen by this member.", () => stats.txns),
    gauge("etcd_debugging_mvcc_keys_total", "Total number of keys.", () => store.keysTotal),
    gauge(
      "etcd_debugging_mvcc_current_revision",
      "The current revision of store.",
      () => store.revision,
    ),
    gauge(
      "etcd_debugging_mvcc_compact_revision",
      "The revision of the last compaction in store.",
      () => store.compactRevision,
    ),
    gauge(
      "etcd_debugging_mvcc_total_put_size_in_bytes",
      "The total size of put kv pairs seen by this member.",
      () => stats.putBytes,
    ),
    counter(
      "etcd_debugging_mvcc_db_compaction_keys_total",
      "Total number of db keys compacted.",
      () => stats.compactedKeys,
    ),
    gauge(
      "etcd_debugging_mvcc_db_compaction_last",
      "The unix time of the last db compaction. Resets to 0 on start.",
      () => stats.lastCompaction,
    ),
  ];
}

function watchMetrics({ stats }: Store): Metric[] {
  return [
    gauge(
      "etcd_debugging_mvcc_watch_stream_total",
      "Total number of watch streams.",
      () => stats.watchStreams,
    ),
    gauge("etcd_debugging_mvcc_watcher_total", "Total number of watchers.", () => stats.watchers),
    gauge(
      "etcd_debugging_mvcc_slow_watcher_total",
      "Total number of unsynced slow watchers.",
      () => stats.slowWatchers,
    ),
    counter(
      "etcd_debugging_mvcc_events_total",
      "Total number of events sent by this member.",
      () => stats.events,
    ),
  ];
}
