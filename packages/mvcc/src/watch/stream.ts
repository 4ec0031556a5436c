import { compareBytes } from "@nodetcd/bytes";
import { MvccError } from "../errors.ts";
import { rangeEndText } from "../range.ts";
import { keyText } from "../stored-key-value.ts";
import { ALL_WATCHERS, AUTO_WATCH_ID, type WatchResponse, type WatchSink } from "./response.ts";
import type { Watcher, WatcherOutlet, WatcherPlan } from "./watcher.ts";

/** What a watcher does not want to see. */
export type WatchFilter = "no-put" | "no-delete";

export interface WatchOptions {
  /** Must be free in the stream. Default 0: the lowest that was not given out yet, from 0 on. */
  readonly id?: bigint | undefined;
  /** Not empty; borrowed for the call. */
  readonly key: Uint8Array;
  /** Undefined or empty: the one key; `[0]`: all keys from `key` on; else exclusive. Borrowed. */
  readonly end?: Uint8Array | undefined;
  /** First revision to see; 0 is the next one. May be compacted, past or future. Default 0. */
  readonly startRevision?: number | undefined;
  readonly filters?: readonly WatchFilter[] | undefined;
  /** Takes what is for this watcher alone. Default: the stream's. */
  readonly sink?: WatchSink | undefined;
}

/** What a stream needs of the hub. */
export interface StreamHub {
  /** There are changes whose watchers have not been looked up yet: a synced watcher may not be up to date. */
  readonly hasBacklog: boolean;
  /** Progress of a synced watcher may be told up to here. */
  toldUpTo(watcher: Watcher): number;
  /** Takes in a new watcher. */
  admit(plan: WatcherPlan): Watcher;
  /** A blocked watcher whose stream takes responses again. */
  rejoin(watcher: Watcher): void;
  /** Drops a watcher, whatever its state. */
  dismiss(watcher: Watcher): void;
  /** Dismisses the watchers of a stream that is closed. A client may have had a hundred thousand of them. */
  retire(watchers: Iterator<Watcher>): void;
  forgetStream(stream: WatchStream): void;
}

/** Watchers whose client takes responses for all of them, or for none. */
export class WatchStream implements WatcherOutlet {
  readonly #hub: StreamHub;
  readonly #sink: WatchSink;
  readonly #watchers = new Map<bigint, Watcher>();
  readonly blocked: Set<Watcher> = new Set();
  #nextId = 0n;
  #full = false;
  #closed = false;

  /** For `WatchHub.openStream`. */
  constructor(hub: StreamHub, sink: WatchSink) {
    this.#hub = hub;
    this.#sink = sink;
  }

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
  watch(options: WatchOptions): bigint {
    if (this.#closed) throw new MvccError("CLOSED", "The watch stream is closed");
    const { key } = options;
    const end = options.end ?? key.subarray(0, 0);
    const toTheEnd = end.length === 1 && end[0] === 0;
    if (end.length > 0 && !toTheEnd && compareBytes(key, end) >= 0) {
      throw new MvccError("EMPTY_WATCH_RANGE", "mvcc: watcher range is empty");
    }
    const id = this.#pickId(options.id ?? AUTO_WATCH_ID);
    const watcher = this.#hub.admit({
      id,
      outlet: this,
      sink: options.sink,
      key: keyText(key),
      single: end.length === 0,
      end: rangeEndText(end),
      wantsPuts: !options.filters?.includes("no-put"),
      wantsDeletes: !options.filters?.includes("no-delete"),
      startRevision: options.startRevision ?? 0,
    });
    this.#watchers.set(id, watcher);
    return id;
  }

  #pickId(wanted: bigint): bigint {
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
  cancel(id: bigint): boolean {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return false;
    this.forget(watcher);
    return true;
  }

  forget(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.blocked.delete(watcher);
    this.#hub.dismiss(watcher);
  }

  /**
   * Sends a response without events that tells how far a watcher is. Sends nothing unless everything up to
   * that revision has been sent before it.
   *
   * @returns whether a response was sent
   */
  requestProgress(id: bigint): boolean {
    const watcher = this.#watchers.get(id);
    const revision = watcher && this.#toldUpTo([watcher]);
    if (revision === undefined) return false;
    watcher!.tellProgress(revision);
    return true;
  }

  /** As `requestProgress`, how far all of them are; with -1 as the id. */
  requestProgressOfAll(): boolean {
    if (this.#watchers.size === 0) return false;
    const revision = this.#toldUpTo(this.#watchers.values());
    if (revision === undefined) return false;
    this.send({ watchId: ALL_WATCHERS, revision, compactRevision: 0, events: [] });
    return true;
  }

  /** Undefined when one of them may not be told how far it is. */
  #toldUpTo(watchers: Iterable<Watcher>): number | undefined {
    if (this.#full || this.#closed || this.#hub.hasBacklog) return undefined;
    let revision = Infinity;
    for (const watcher of watchers) {
      if (watcher.state.kind !== "synced") return undefined;
      const told = this.#hub.toldUpTo(watcher);
      if (watcher.startRevision > told) return undefined;
      revision = Math.min(revision, told);
    }
    return revision;
  }

  /** The sink takes responses again; what was missed follows from history. */
  resume(): void {
    if (!this.#full || this.#closed) return;
    this.#full = false;
    for (const watcher of this.blocked) this.#hub.rejoin(watcher);
    this.blocked.clear();
  }

  /** Cancels all watchers, if they are many in later turns; the sink is not called any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hub.retire(this.#watchers.values());
    this.blocked.clear();
    this.#hub.forgetStream(this);
  }

  /** For the hub and its watchers, who have looked at `full`. */
  send(response: WatchResponse, sink: WatchSink = this.#sink): void {
    if (!this.#closed && !sink(response)) this.#full = true;
  }
}
