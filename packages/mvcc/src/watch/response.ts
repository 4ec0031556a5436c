import type { StoredEvent } from "../change.ts";

/** Leaves the choice of the id to the stream. */
export const AUTO_WATCH_ID = 0n;
/** The watch id of a progress response for all watchers of a stream. */
export const ALL_WATCHERS = -1n;

export interface WatchResponse {
  /** -1: progress of all watchers of the stream. */
  readonly watchId: bigint;
  /**
   * Without events: everything up to here that the watcher asked for has been sent. With events: the revision
   * of the store when they were read, as etcd's header has it; more events up to it may follow.
   */
  readonly revision: number;
  /** Not 0: the watcher is cancelled, because history below this revision is gone. */
  readonly compactRevision: number;
  /** In the order of changes, revisions never split; none in a progress response. */
  readonly events: readonly StoredEvent[];
}

/**
 * Takes a response; it is always taken. False: give me no more until `WatchStream.resume`. Nothing is
 * queued meanwhile: watchers that miss an event are set aside and catch up from history.
 */
export type WatchSink = (response: WatchResponse) => boolean;
