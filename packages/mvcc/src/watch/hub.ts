import { assert } from "@nodetcd/bytes";
import { Slice, type Timer } from "@nodetcd/runtime";
import type { Change } from "../change.ts";
import { RETIRED_PER_LOOK, SLICE_MS } from "../limits.ts";
import type { StoreState } from "../store-state.ts";
import type { WatchSink } from "./response.ts";
import { type StreamHub, WatchStream } from "./stream.ts";
import { SyncedWatchers } from "./synced.ts";
import { UnsyncedWatchers } from "./unsynced.ts";
import { Watcher, type WatcherPlan } from "./watcher.ts";

/**
 * Gives every watcher each event of its range once, in order, all events of a revision together.
 *
 * A watcher that has seen everything is *synced* and is told by `notify`; see `SyncedWatchers`. One that starts
 * in the past is *unsynced* and reads history in passes, until it meets the present. One whose stream is full
 * when an event comes is *blocked*; no event is queued for it, it is unsynced again when its stream takes more.
 * Because of that the memory for slow watchers does not grow with events.
 */
export class WatchHub implements StreamHub {
  readonly #state: StoreState;
  readonly #streams = new Set<WatchStream>();
  readonly #synced: SyncedWatchers;
  readonly #unsynced: UnsyncedWatchers;
  /** Watchers of closed streams. */
  readonly #retired: Iterator<Watcher>[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(state: StoreState) {
    this.#state = state;
    this.#synced = new SyncedWatchers(state, {
      unsynced: (watcher) => this.#catchUp(watcher),
      blocked: (watcher) => {
        watcher.becomeBlocked();
        this.#countSlow();
      },
    });
    this.#unsynced = new UnsyncedWatchers(state, {
      synced: (watcher) => {
        watcher.becomeSynced();
        this.#synced.add(watcher);
        this.#countSlow();
      },
      blocked: (watcher) => {
        this.#unsynced.remove(watcher);
        watcher.becomeBlocked();
      },
    });
  }

  openStream(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this, sink);
    this.#streams.add(stream);
    this.#state.stats.watchStreams++;
    return stream;
  }

  get hasBacklog(): boolean {
    return this.#synced.hasBacklog;
  }

  toldUpTo(watcher: Watcher): number {
    return this.#synced.toldUpTo(watcher);
  }

  /** Gives the changes of the revision that was just reached to the synced watchers. */
  notify(changes: readonly Change[]): void {
    this.#synced.notify(changes);
  }

  admit(plan: WatcherPlan): Watcher {
    const { revision, stats } = this.#state;
    const watcher = new Watcher(plan, revision);
    stats.watchers++;
    if (watcher.nextRevision > revision) this.#synced.add(watcher);
    else this.#catchUp(watcher);
    return watcher;
  }

  rejoin(watcher: Watcher): void {
    assert(watcher.state.kind === "blocked", "WatchHub.rejoin: the watcher is not blocked");
    this.#catchUp(watcher);
  }

  dismiss(watcher: Watcher): void {
    if (watcher.state.kind === "cancelled") return;
    if (watcher.state.kind === "synced") this.#synced.remove(watcher);
    else this.#unsynced.remove(watcher);
    watcher.becomeCancelled();
    this.#state.stats.watchers--;
    this.#countSlow();
  }

  retire(watchers: Iterator<Watcher>): void {
    this.#retired.push(watchers);
    if (this.#retired.length === 1) this.#state.clock.defer(() => this.#retireSome());
  }

  #retireSome(): void {
    const { clock } = this.#state;
    const slice = new Slice(clock, SLICE_MS, RETIRED_PER_LOOK);
    while (this.#retired.length > 0) {
      const { done, value } = this.#retired[0]!.next();
      if (done === true) this.#retired.shift();
      else this.dismiss(value);
      if (slice.isOver()) break;
    }
    if (this.#retired.length > 0) clock.defer(() => this.#retireSome());
  }

  forgetStream(stream: WatchStream): void {
    if (this.#streams.delete(stream)) this.#state.stats.watchStreams--;
  }

  /** After the store went over to another history: whoever has missed something catches up. */
  restart(): void {
    this.#unsynced.restartWindows();
    this.#synced.restart();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const stream of this.#streams) stream.close();
  }

  #catchUp(watcher: Watcher): void {
    this.#unsynced.add(watcher);
    this.#countSlow();
    this.#schedule(0);
  }

  #countSlow(): void {
    const { stats } = this.#state;
    stats.slowWatchers = stats.watchers - this.#synced.size;
  }

  #schedule(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#state.clock.setTimer(delayMs, () => this.#pass());
  }

  #pass(): void {
    this.#timer = undefined;
    const started = this.#state.clock.monotonic();
    this.#unsynced.pass();
    // As long a rest as the pass took: at most half of the time goes into catching up.
    if (!this.#unsynced.empty) this.#schedule(this.#state.clock.monotonic() - started);
  }
}
