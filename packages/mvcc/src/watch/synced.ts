import { assert } from "@nodetcd/bytes";
import { Slice } from "@nodetcd/runtime";
import type { Change } from "../change.ts";
import {
  CHANGES_PER_TURN,
  DELIVERIES_PER_LOOK,
  LOOK_UP_COST_PER_LOOK,
  PENDING_EVENTS_MAX,
  SLICE_MS,
} from "../limits.ts";
import type { StoreState } from "../store-state.ts";
import { WatcherGroup } from "./watcher-group.ts";
import type { Watcher } from "./watcher.ts";

/** Where watchers go that are not told any more; they have been taken out before. */
export interface SyncedMoves {
  unsynced(watcher: Watcher): void;
  blocked(watcher: Watcher): void;
}

/**
 * Watchers that have seen everything. They are told of a change in its turn of the loop; where that are very
 * many watchers or changes, in the next turns, with what has changed meanwhile.
 *
 * It relies on being told of each revision, one after the other. It promises that a synced watcher has been
 * sent, or has pending, all up to `#notified`, and that pending events are not more than may be held.
 */
export class SyncedWatchers {
  readonly #state: StoreState;
  readonly #moves: SyncedMoves;
  readonly #group = new WatcherGroup();
  /** Watchers with pending events from `#dueHead` on, whoever waits longest first. */
  #due: Watcher[] = [];
  #dueHead = 0;
  #pendingEvents = 0;
  /** Those that are due get their turn by themselves: now, or in a later turn of the loop. */
  #delivering = false;
  #notified: number;
  /** Revisions after that one, whose watchers are looked up in later turns. */
  #backlog: { readonly revision: number; readonly changes: readonly Change[] }[] = [];
  #backlogHead = 0;
  /** Of the first of them: the changes whose watchers are looked up. */
  #lookedUp = 0;

  constructor(state: StoreState, moves: SyncedMoves) {
    this.#state = state;
    this.#moves = moves;
    this.#notified = state.revision;
  }

  get size(): number {
    return this.#group.size;
  }

  /** There are changes whose watchers have not been looked up yet: a watcher may not be up to date. */
  get hasBacklog(): boolean {
    return this.#backlog.length > 0;
  }

  /** Progress of a watcher may be told up to here. */
  toldUpTo(watcher: Watcher): number {
    const first = watcher.firstPending;
    return first === undefined ? this.#notified : first - 1;
  }

  /** Takes a watcher that has seen everything up to the store's revision. */
  add(watcher: Watcher): void {
    assert(watcher.state.kind === "synced", "SyncedWatchers.add: it is not synced");
    assert(watcher.nextRevision > this.#state.revision, "SyncedWatchers.add: it has missed events");
    this.#group.add(watcher);
  }

  /** Takes one out that is synced still. */
  remove(watcher: Watcher): void {
    this.#pendingEvents -= watcher.pendingEvents;
    this.#group.remove(watcher);
  }

  /** Gives the changes of the revision that was just reached to its watchers. */
  notify(changes: readonly Change[]): void {
    const { revision } = this.#state;
    const before = this.#backlog.at(-1)?.revision ?? this.#notified;
    assert(revision === before + 1, "SyncedWatchers.notify: a revision was left out");
    if (this.hasBacklog || changes.length > CHANGES_PER_TURN) {
      this.#backlog.push({ revision, changes });
      this.#deliverLater();
      return;
    }
    if (this.#group.size > 0) for (const change of changes) this.#lookUp(change, revision);
    this.#notified = revision;
    if (this.#pendingEvents > PENDING_EVENTS_MAX) this.#setBackDue();
    else if (this.#dueHead < this.#due.length && !this.#delivering) this.#deliverDue(SLICE_MS);
  }

  #lookUp(change: Change, revision: number): void {
    this.#group.visit(change.key, (watcher) => {
      if (watcher.offer(change, revision, this.#due)) this.#pendingEvents++;
    });
  }

  /** False when time was over first. A revision's events are delivered when all of them are looked up. */
  #lookUpBacklog(ms: number): boolean {
    if (!this.hasBacklog) return true;
    const slice = new Slice(this.#state.clock, ms, LOOK_UP_COST_PER_LOOK);
    for (; this.#backlogHead < this.#backlog.length; this.#backlogHead++, this.#lookedUp = 0) {
      const { revision, changes } = this.#backlog[this.#backlogHead]!;
      while (this.#lookedUp < changes.length && this.#group.size > 0) {
        const before = this.#pendingEvents;
        this.#lookUp(changes[this.#lookedUp++]!, revision);
        const added = this.#pendingEvents - before;
        if (this.#pendingEvents > PENDING_EVENTS_MAX) this.#setBackDue();
        if (slice.isOver(1 + added)) return false;
      }
      this.#notified = revision;
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
  #deliverDue(ms: number): void {
    this.#delivering = true;
    const slice = new Slice(this.#state.clock, ms, DELIVERIES_PER_LOOK);
    const complete = this.#lookUpBacklog(ms);
    while (complete && this.#dueHead < this.#due.length) {
      this.#deliver(this.#nextDue());
      if (slice.isOver()) break;
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
    if (!isDue(watcher)) return;
    if (watcher.outlet.full) {
      this.remove(watcher);
      this.#moves.blocked(watcher);
      return;
    }
    this.#pendingEvents -= watcher.pendingEvents;
    this.#state.stats.events += watcher.deliver(this.#notified, this.#notified);
  }

  /** More is pending than may be held: whoever is due reads it from history. */
  #setBackDue(): void {
    for (const watcher of this.#due.slice(this.#dueHead)) {
      if (!isDue(watcher)) continue;
      this.remove(watcher);
      watcher.setBack();
      this.#moves.unsynced(watcher);
    }
    this.#forgetDue();
  }

  #forgetDue(): void {
    assert(
      this.#pendingEvents === 0,
      "SyncedWatchers: events are pending that nobody will deliver",
    );
    this.#due = [];
    this.#dueHead = 0;
  }

  /** After the store went over to another history: whoever has missed something catches up. */
  restart(): void {
    this.#deliverDue(Infinity);
    const { revision } = this.#state;
    for (const watcher of this.#group.watchers) {
      watcher.passTo(this.#notified + 1);
      if (watcher.nextRevision > revision) continue;
      this.remove(watcher);
      this.#moves.unsynced(watcher);
    }
    this.#notified = revision;
  }
}

function isDue(watcher: Watcher): boolean {
  return watcher.state.kind === "synced" && watcher.pendingEvents > 0;
}
