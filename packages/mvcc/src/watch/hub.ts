import type { Timer } from "@nodetcd/runtime";
import type { StoreState } from "../store-state.ts";
import type { Change } from "../change.ts";
import { BehindWatchers } from "./behind.ts";
import { WatchStream, type WatchSink } from "./stream.ts";
import { WatcherGroup } from "./watcher-group.ts";
import {
  CHANGES_PER_TURN,
  DELIVERIES_PER_LOOK,
  LOOK_UP_COST_PER_LOOK,
  PENDING_EVENTS_MAX,
  RETIRED_PER_LOOK,
  SLICE_MS,
} from "../limits.ts";
import { addPending, takePending, type Watcher } from "./watcher.ts";

/**
 * Gives every watcher each event of its range once, in order, all events of a revision together.
 *
 * A watcher that has seen everything is *synced* and is told by `notify`, in the turn of the change; where
 * that are very many watchers or changes, in the next turns, with what has changed meanwhile.
 * One that starts in the past is *behind* and reads history in passes, until it meets the present.
 * One whose sink is full when an event comes is *stopped*; no event is queued for it, it goes behind
 * when its sink takes more. Because of that the memory for slow watchers does not grow with events.
 */
export class WatchHub {
  readonly #state: StoreState;
  readonly #streams = new Set<WatchStream>();
  readonly #synced = new WatcherGroup();
  readonly #behind: BehindWatchers;
  /** Synced watchers with pending events from `#dueHead` on, whoever waits longest first. */
  #due: Watcher[] = [];
  #dueHead = 0;
  /** Watchers of closed streams. */
  readonly #retired: Iterator<Watcher>[] = [];
  /** Events that synced watchers have pending. */
  #pendingEvents = 0;
  /** Those that are due get their turn by themselves: now, or in a later turn of the loop. */
  #delivering = false;
  #timer: Timer | undefined;
  #closed = false;
  /** Synced watchers have been given everything up to this revision, but for what is pending. */
  #notifiedRevision: number;
  /** Revisions after that one, whose watchers are looked up in later turns. */
  #backlog: { readonly revision: number; readonly changes: readonly Change[] }[] = [];
  #backlogHead = 0;
  /** Of the first of them: the changes whose watchers are looked up. */
  #lookedUp = 0;

  constructor(state: StoreState) {
    this.#state = state;
    this.#notifiedRevision = state.revision;
    this.#behind = new BehindWatchers(state, {
      synced: (watcher) => {
        state.stats.slowWatchers--;
        this.#join(watcher);
      },
      stopped: (watcher) => {
        this.#behind.remove(watcher);
        this.#stop(watcher);
      },
    });
  }

  /** Progress of a synced watcher may be told up to here. */
  toldUpTo(watcher: Watcher): number {
    const first = watcher.pending?.[0];
    return first === undefined ? this.#notifiedRevision : first.keyValue.modRevision - 1;
  }

  openStream(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this, sink);
    this.#streams.add(stream);
    this.#state.stats.watchStreams++;
    return stream;
  }

  /** There are changes whose watchers have not been looked up yet: a synced watcher may not be up to date. */
  get hasBacklog(): boolean {
    return this.#backlog.length > 0;
  }

  /** Gives the changes of the revision that was just reached to the synced watchers. */
  notify(changes: readonly Change[]): void {
    const { revision } = this.#state;
    if (this.hasBacklog || changes.length > CHANGES_PER_TURN) {
      this.#backlog.push({ revision, changes });
      this.#deliverLater();
      return;
    }
    if (this.#synced.size > 0) for (const change of changes) this.#lookUp(change, revision);
    this.#notifiedRevision = revision;
    if (this.#pendingEvents > PENDING_EVENTS_MAX) this.#setBackDue();
    else if (this.#dueHead < this.#due.length && !this.#delivering) this.#deliverDue(SLICE_MS);
  }

  #lookUp(change: Change, revision: number): void {
    this.#synced.visit(change.key, (watcher) => {
      if (addPending(watcher, change, revision, this.#due)) this.#pendingEvents++;
    });
  }

  /** False when time was over first. A revision's events are delivered when all of them are looked up. */
  #lookUpBacklog(deadline: number): boolean {
    let cost = 0;
    for (; this.#backlogHead < this.#backlog.length; this.#backlogHead++, this.#lookedUp = 0) {
      const { revision, changes } = this.#backlog[this.#backlogHead]!;
      while (this.#lookedUp < changes.length && this.#synced.size > 0) {
        const before = this.#pendingEvents;
        this.#lookUp(changes[this.#lookedUp++]!, revision);
        cost += 1 + this.#pendingEvents - before;
        if (cost < LOOK_UP_COST_PER_LOOK) continue;
        cost = 0;
        if (this.#pendingEvents > PENDING_EVENTS_MAX) this.#setBackDue();
        if (this.#state.clock.monotonic() >= deadline) return false;
      }
      this.#notifiedRevision = revision;
    }
    this.#backlog = [];
    this.#backlogHead = 0;
    return true;
  }

  #deliverLater(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    this.#state.clock.defer(() => this.#deliverDue(SLICE_MS));
  }

  /** Sinks run only here and in catching up: they may open, cancel and close watchers. */
  #deliverDue(budgetMs: number): void {
    const { clock } = this.#state;
    this.#delivering = true;
    const deadline = clock.monotonic() + budgetMs;
    const complete = this.#lookUpBacklog(deadline);
    for (let count = 1; complete && this.#dueHead < this.#due.length; count++) {
      this.#deliver(this.#nextDue());
      if (count % DELIVERIES_PER_LOOK === 0 && clock.monotonic() >= deadline) break;
    }
    this.#delivering = false;
    if (this.hasBacklog || this.#dueHead < this.#due.length) this.#deliverLater();
    else this.#forgetDue();
  }

  #nextDue(): Watcher {
    const next = this.#due[this.#dueHead++]!;
    if (this.#dueHead > 1024 && this.#dueHead * 2 > this.#due.length) {
      this.#due.splice(0, this.#dueHead);
      this.#dueHead = 0;
    }
    return next;
  }

  #deliver(watcher: Watcher): void {
    if (watcher.state !== "synced" || watcher.pending === undefined) return;
    const events = takePending(watcher);
    this.#pendingEvents -= events.length;
    if (watcher.stream.full) {
      watcher.minRevision = events[0]!.keyValue.modRevision;
      this.#synced.remove(watcher);
      this.#state.stats.slowWatchers++;
      this.#stop(watcher);
      return;
    }
    const revision = this.#notifiedRevision;
    watcher.minRevision = revision + 1;
    this.#state.stats.events += events.length;
    watcher.stream.send({ watchId: watcher.id, revision, compactRevision: 0, events });
  }

  /** More is pending than may be held: whoever is due reads it from history. */
  #setBackDue(): void {
    for (const watcher of this.#due.slice(this.#dueHead)) {
      if (watcher.state !== "synced" || watcher.pending === undefined) continue;
      watcher.minRevision = takePending(watcher)[0]!.keyValue.modRevision;
      this.#synced.remove(watcher);
      this.#state.stats.slowWatchers++;
      this.#fallBehind(watcher);
    }
    this.#forgetDue();
  }

  #forgetDue(): void {
    this.#due = [];
    this.#dueHead = 0;
    this.#pendingEvents = 0;
  }

  #stop(watcher: Watcher): void {
    watcher.state = "stopped";
    watcher.stream.stopped.add(watcher);
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
    const { length } = takePending(watcher);
    if (watcher.state === "synced") this.#pendingEvents -= length;
    else this.#state.stats.slowWatchers--;
    this.#synced.remove(watcher);
    this.#behind.remove(watcher);
    watcher.state = "gone";
    this.#state.stats.watchers--;
  }

  /** Dismisses the watchers of a stream that is closed. A client may have had a hundred thousand of them. */
  retire(watchers: Iterator<Watcher>): void {
    this.#retired.push(watchers);
    if (this.#retired.length === 1) this.#state.clock.defer(() => this.#retireSome());
  }

  #retireSome(): void {
    const { clock } = this.#state;
    const deadline = clock.monotonic() + SLICE_MS;
    for (let count = 1; this.#retired.length > 0; count++) {
      const { done, value } = this.#retired[0]!.next();
      if (done === true) this.#retired.shift();
      else this.dismiss(value);
      if (count % RETIRED_PER_LOOK === 0 && clock.monotonic() >= deadline) break;
    }
    if (this.#retired.length > 0) clock.defer(() => this.#retireSome());
  }

  forgetStream(stream: WatchStream): void {
    if (this.#streams.delete(stream)) this.#state.stats.watchStreams--;
  }

  /** After the store went over to another history: whoever has missed something catches up. */
  restart(): void {
    this.#deliverDue(Infinity);
    this.#behind.restartWindows();
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
    this.#behind.pass();
    // As long a rest as the pass took: at most half of the time goes into catching up.
    if (!this.#behind.empty) this.#schedule(this.#state.clock.monotonic() - started);
  }
}
