/** Counters and gauges of one store; the server turns them into metrics. */
export interface StoreStats {
  /** Read with `range`. */
  ranges: number;
  puts: number;
  /** Keys deleted, not calls. */
  deletes: number;
  /** Write transactions with more than one operation. */
  txns: number;
  /** Key and value bytes put since the start. */
  putBytes: number;
  /** Records removed by compactions since the start. */
  compactedKeys: number;
  /** Wall time of the last finished compaction, seconds since 1970; 0 for none. */
  lastCompaction: number;
  watchStreams: number;
  watchers: number;
  /** Watchers that are unsynced or blocked. */
  slowWatchers: number;
  /** Events given to sinks. */
  events: number;
}

export function newStats(): StoreStats {
  return {
    ranges: 0,
    puts: 0,
    deletes: 0,
    txns: 0,
    putBytes: 0,
    compactedKeys: 0,
    lastCompaction: 0,
    watchStreams: 0,
    watchers: 0,
    slowWatchers: 0,
    events: 0,
  };
}
