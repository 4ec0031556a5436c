import type { Timer } from "@nodetcd/runtime";
import type { StoreState } from "../store-state.ts";
import type { Change, StoredEvent } from "../txn.ts";
import { catchUp } from "./catch-up.ts";
import { WatchStream, type WatchSink } from "./stream.ts";
import { WatcherGroup } from "./synced-group.ts";
import { addPending, takePending, type Watcher } from "./watcher.ts";

/**
 * Gives every watcher each event of its range once, in order, all events of a revision together.
 *
 * A watcher that has seen everything is *synced* and is told by `notify`, in the turn of the change.
 * One that starts in the past is *behind* and reads history in passes, until it meets the present.
 * One whose sink is full when an event comes is *stopped*; no event is queued for it, it goes behind
 * when its sink takes more. Because of that the memory for slow watchers does not grow with events.
 */
export class WatchHub {
  readonly #state: StoreState;
  readonly #streams = new Set<WatchStream>();
  readonly #synced = new WatcherGroup();
  readonly #behind = new Set<Watcher>();
  #timer: Timer | undefined;
  #closed = false;
  /** Synced watchers have been given everything up to this revision. */
  #notifiedRevision: number;

  constructor(state: StoreState) {
    this.#state = state;
    this.#notifiedRevision = state.revision;
  }

  /** Progress may be told up to here. */
  get notifiedRevision(): number {
    return this.#notifiedRevision;
  }

  openStream(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this, sink);
    this.#streams.add(stream);
    this.#state.stats.watchStreams++;
    return stream;
  }

  /** Gives the changes of the revision that was just reached to the synced watchers. */
  notify(changes: readonly Change[]): void {
    const { revision } = this.#state;
    if (this.#synced.size === 0) {
      this.#notifiedRevision = revision;
      return;
    }
    const touched: Watcher[] = [];
    for (const change of changes) {
      this.#synced.visit(change.key, (watcher) => addPending(watcher, change, revision, touched));
    }
    // Sinks run only now: they may open, cancel and close watchers.
    for (const watcher of touched) this.#deliver(watcher, takePending(watcher), revision);
    this.#notifiedRevision = revision;
  }

  #deliver(watcher: Watcher, events: StoredEvent[], revision: number): void {
    if (watcher.state !== "synced") return;
    if (watcher.stream.full) {
      watcher.minRevision = revision;
      this.#synced.remove(watcher);
      watcher.state = "stopped";
      this.#state.stats.slowWatchers++;
      return;
    }
    watcher.minRevision = revision + 1;
    this.#state.stats.events += events.length;
    watcher.stream.send({ watchId: watcher.id, revision, compactRevision: 0, events });
  }

  /** Takes in a new watcher of a stream. */
  admit(watcher: Watcher): void {
    const { revision } = this.#state;
    this.#state.stats.watchers++;
    if (watcher.startRevision === 0 || watcher.startRevision > revision) {
      watcher.minRevision = Math.max(watcher.startRevision, revision + 1);
      this.#join(watcher);
    } else {
      this.#state.stats.slowWatchers++;
      this.#fallBehind(watcher);
    }
  }

  /** A stopped watcher whose sink takes responses again. */
  rejoin(watcher: Watcher): void {
    this.#fallBehind(watcher);
  }

  /** Drops a watcher, whatever its state. */
  dismiss(watcher: Watcher): void {
    if (watcher.state === "gone") return;
    if (watcher.state !== "synced") this.#state.stats.slowWatchers--;
    this.#synced.remove(watcher);
    this.#behind.delete(watcher);
    watcher.state = "gone";
    watcher.pending = undefined;
    this.#state.stats.watchers--;
  }

  forgetStream(stream: WatchStream): void {
    if (this.#streams.delete(stream)) this.#state.stats.watchStreams--;
  }

  /** After the store went over to another history: whoever has missed something catches up. */
  restart(): void {
    const { revision } = this.#state;
    for (const watcher of this.#synced.watchers) {
      watcher.minRevision = Math.max(watcher.minRevision, this.#notifiedRevision + 1);
      if (watcher.minRevision > revision) continue;
      this.#synced.remove(watcher);
      this.#state.stats.slowWatchers++;
      this.#fallBehind(watcher);
    }
    this.#notifiedRevision = revision;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const stream of this.#streams) stream.close();
  }

  #join(watcher: Watcher): void {
    watcher.state = "synced";
    this.#synced.add(watcher);
  }

  #fallBehind(watcher: Watcher): void {
    watcher.state = "behind";
    this.#behind.add(watcher);
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#state.clock.setTimer(delayMs, () => this.#pass());
  }

  #pass(): void {
    this.#timer = undefined;
    const started = this.#state.clock.monotonic();
    catchUp(this.#state, this.#behind, {
      synced: (watcher) => {
        this.#behind.delete(watcher);
        this.#state.stats.slowWatchers--;
        this.#join(watcher);
      },
      stopped: (watcher) => {
        this.#behind.delete(watcher);
        watcher.state = "stopped";
      },
    });
    // As long a rest as the pass took: at most half of the time goes into catching up.
    if (this.#behind.size > 0) this.#schedule(this.#state.clock.monotonic() - started);
  }
}
