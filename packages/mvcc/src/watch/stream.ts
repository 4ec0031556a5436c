import { compareBytes } from "@nodetcd/bytes";
import { MvccError } from "../errors.ts";
import { rangeEndText } from "../range.ts";
import { keyText } from "../stored-key-value.ts";
import type { StoredEvent } from "../change.ts";
import type { WatchHub } from "./hub.ts";
import type { Watcher } from "./watcher.ts";

/** Leaves the choice of the id to the stream. */
export const AUTO_WATCH_ID = 0;
/** The watch id of a progress response for all watchers of a stream. */
const ALL_WATCHERS = -1;

/** What a watcher does not want to see. */
export type WatchFilter = "no-put" | "no-delete";

export interface WatchOptions {
  /** Must be free in the stream. Default 0: the lowest that was not given out yet, from 0 on. */
  readonly id?: number | undefined;
  /** Not empty; borrowed for the call. */
  readonly key: Uint8Array;
  /** Undefined or empty: the one key; `[0]`: all keys from `key` on; else exclusive. Borrowed. */
  readonly end?: Uint8Array | undefined;
  /** First revision to see; 0 is the next one. May be compacted, past or future. Default 0. */
  readonly startRevision?: number | undefined;
  readonly filters?: readonly WatchFilter[] | undefined;
}

export interface WatchResponse {
  /** -1: progress of all watchers of the stream. */
  readonly watchId: number;
  /** Everything up to here that the watcher asked for has been sent, this response included. */
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

/** Watchers that share one sink. */
export class WatchStream {
  readonly #hub: WatchHub;
  readonly #sink: WatchSink;
  readonly #watchers = new Map<number, Watcher>();
  /** Those that missed an event because the sink was full; kept by the hub. */
  readonly stopped: Set<Watcher> = new Set();
  #nextId = 0;
  #full = false;
  #closed = false;

  /** For `WatchHub.openStream`. */
  constructor(hub: WatchHub, sink: WatchSink) {
    this.#hub = hub;
    this.#sink = sink;
  }

  /** The sink does not want more for now. */
  get full(): boolean {
    return this.#full;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /**
   * Begins to watch; the first response comes in a later turn of the loop, or with a later change.
   * Raises `EMPTY_WATCH_RANGE`, `DUPLICATE_WATCH_ID`, `CLOSED`.
   *
   * @returns the id of the watcher
   */
  watch(options: WatchOptions): number {
    if (this.#closed) throw new MvccError("CLOSED", "The watch stream is closed");
    const { key } = options;
    const end = options.end ?? key.subarray(0, 0);
    const toTheEnd = end.length === 1 && end[0] === 0;
    if (end.length > 0 && !toTheEnd && compareBytes(key, end) >= 0) {
      throw new MvccError("EMPTY_WATCH_RANGE", "mvcc: watcher range is empty");
    }
    const id = this.#pickId(options.id ?? AUTO_WATCH_ID);
    const startRevision = options.startRevision ?? 0;
    const watcher: Watcher = {
      id,
      stream: this,
      key: keyText(key),
      single: end.length === 0,
      end: rangeEndText(end),
      wantsPuts: !options.filters?.includes("no-put"),
      wantsDeletes: !options.filters?.includes("no-delete"),
      startRevision,
      minRevision: startRevision,
      state: "gone",
      cohort: undefined,
      pending: undefined,
    };
    this.#watchers.set(id, watcher);
    this.#hub.admit(watcher);
    return id;
  }

  #pickId(wanted: number): number {
    if (wanted !== AUTO_WATCH_ID) {
      if (!this.#watchers.has(wanted)) return wanted;
      throw new MvccError(
        "DUPLICATE_WATCH_ID",
        "mvcc: duplicate watch ID provided on the WatchStream",
      );
    }
    while (this.#watchers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  /** Nothing comes for this id any more. False when there is no such watcher. */
  cancel(id: number): boolean {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return false;
    this.forget(watcher);
    return true;
  }

  /** Takes a watcher out of the stream and the hub. */
  forget(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.stopped.delete(watcher);
    this.#hub.dismiss(watcher);
  }

  /**
   * Sends a response without events that tells how far the watcher is; -1 asks for all of the stream.
   * Sends nothing unless everything up to that revision has been sent before it.
   *
   * @returns whether a response was sent
   */
  requestProgress(id: number): boolean {
    const asked = id === ALL_WATCHERS ? this.#watchers.values() : [this.#watchers.get(id)];
    if (this.#full || this.#closed || this.#watchers.size === 0) return false;
    if (this.#hub.hasBacklog) return false;
    let revision = Infinity;
    for (const watcher of asked) {
      if (watcher?.state !== "synced") return false;
      const told = this.#hub.toldUpTo(watcher);
      if (watcher.startRevision > told) return false;
      revision = Math.min(revision, told);
    }
    this.send({ watchId: id, revision, compactRevision: 0, events: [] });
    return true;
  }

  /** The sink takes responses again; what was missed follows from history. */
  resume(): void {
    if (!this.#full || this.#closed) return;
    this.#full = false;
    for (const watcher of this.stopped) this.#hub.rejoin(watcher);
    this.stopped.clear();
  }

  /** Cancels all watchers, if they are many in later turns; the sink is not called any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hub.retire(this.#watchers.values());
    this.stopped.clear();
    this.#hub.forgetStream(this);
  }

  /** Hands a response to the sink; for the hub, which has looked at `full`. */
  send(response: WatchResponse): void {
    if (!this.#closed && !this.#sink(response)) this.#full = true;
  }
}
