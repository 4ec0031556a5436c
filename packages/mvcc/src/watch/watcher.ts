import { assert } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import type { StoredEvent } from "../change.ts";
import type { WatchResponse, WatchSink } from "./response.ts";

/**
 * - `synced`: has been given every event so far, or has it pending; the hub gives it the next ones
 * - `unsynced`: reads history together with its group
 * - `blocked`: missed an event because its stream was full; waits for `resume`
 * - `cancelled`: is in no list any more; the end
 */
export type WatcherState =
  | { readonly kind: "synced" }
  | { readonly kind: "unsynced"; readonly group: WatcherPlace }
  | { readonly kind: "blocked" }
  | { readonly kind: "cancelled" };

/** Where an unsynced watcher is while it is there. */
export interface WatcherPlace {
  remove(watcher: Watcher): void;
}

/** What a watcher needs of its stream. */
export interface WatcherOutlet {
  /** No response is taken for now. */
  readonly full: boolean;
  /** Its watchers that missed an event because it was full. */
  readonly blocked: Set<Watcher>;
  /** @param sink default: the stream's own */
  send(response: WatchResponse, sink: WatchSink | undefined): void;
  /** Takes a watcher out of the stream and the hub: it is `cancelled` on return. */
  forget(watcher: Watcher): void;
}

/** What is asked of the hub, in the terms that it works with. */
export interface WatcherPlan {
  readonly id: bigint;
  readonly outlet: WatcherOutlet;
  readonly sink: WatchSink | undefined;
  /** The key, or where the range begins, one character a byte. */
  readonly key: string;
  readonly single: boolean;
  /** Of a range; undefined is the end of the key space. */
  readonly end: string | undefined;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
  /** 0 is the next one. */
  readonly startRevision: number;
}

const SYNCED: WatcherState = { kind: "synced" };
const BLOCKED: WatcherState = { kind: "blocked" };
const CANCELLED: WatcherState = { kind: "cancelled" };

/** From where to where a watcher may go. */
const TRANSITIONS: Readonly<Record<WatcherState["kind"], readonly WatcherState["kind"][]>> = {
  synced: ["unsynced", "blocked", "cancelled"],
  unsynced: ["synced", "unsynced", "blocked", "cancelled"],
  blocked: ["unsynced", "cancelled"],
  cancelled: [],
};

/**
 * One watch of one stream: its state, how far it is, and the events of its next response. What it is given and
 * how it goes from one state to another is written here alone; which lists it is in is the hub's.
 *
 * Invariant: it has been sent every event of its range below `nextRevision`, from its start on, once; what is
 * pending is at or above that, in order, and without gaps while it is synced.
 */
export class Watcher {
  readonly id: bigint;
  readonly outlet: WatcherOutlet;
  readonly key: string;
  readonly single: boolean;
  readonly end: string | undefined;
  readonly startRevision: number;
  readonly #sink: WatchSink | undefined;
  readonly #wantsPuts: boolean;
  readonly #wantsDeletes: boolean;
  #state: WatcherState = SYNCED;
  /**
   * Events below are not for this watcher: before its start, or given already. While synced it only
   * rises with events; what is not reached by then was not for it.
   */
  #nextRevision: number;
  /** Events of the response that is being put together; never empty. */
  #pending: StoredEvent[] | undefined;

  /**
   * It begins as synced.
   *
   * @param storeRevision the newest one
   */
  constructor(plan: WatcherPlan, storeRevision: number) {
    this.id = plan.id;
    this.outlet = plan.outlet;
    this.key = plan.key;
    this.single = plan.single;
    this.end = plan.end;
    this.startRevision = plan.startRevision;
    this.#sink = plan.sink;
    this.#wantsPuts = plan.wantsPuts;
    this.#wantsDeletes = plan.wantsDeletes;
    this.#nextRevision = plan.startRevision === 0 ? storeRevision + 1 : plan.startRevision;
  }

  get state(): WatcherState {
    return this.#state;
  }

  get nextRevision(): number {
    return this.#nextRevision;
  }

  get pendingEvents(): number {
    return this.#pending === undefined ? 0 : this.#pending.length;
  }

  /** The revision of the first pending event. */
  get firstPending(): number | undefined {
    return this.#pending?.[0]!.keyValue.modRevision;
  }

  /**
   * Adds an event of its range to its next response; false when it is not for it.
   *
   * @param touched gets the watcher with its first pending event
   */
  offer(event: StoredEvent, revision: number, touched: Watcher[]): boolean {
    if (revision < this.#nextRevision) return false;
    if (event.type === EventType.PUT ? !this.#wantsPuts : !this.#wantsDeletes) return false;
    if (this.#pending === undefined) {
      this.#pending = [event];
      touched.push(this);
    } else {
      this.#pending.push(event);
    }
    return true;
  }

  /**
   * Sends what is pending: all that is for it up to `upTo`. The sink may do anything, also cancel it.
   *
   * @param revision for the response
   * @returns how many events that were
   */
  deliver(upTo: number, revision: number): number {
    const events = this.#takePending();
    const last = events.at(-1)!.keyValue.modRevision;
    assert(
      events[0]!.keyValue.modRevision >= this.#nextRevision && last <= upTo && upTo <= revision,
      "Watcher.deliver: the events are not those that come next",
    );
    this.#nextRevision = upTo + 1;
    const response = { watchId: this.id, revision, compactRevision: 0, events };
    this.outlet.send(response, this.#sink);
    return events.length;
  }

  /** Everything below `revision` that is for it has been sent. */
  passTo(revision: number): void {
    assert(this.#pending === undefined, "Watcher.passTo: events are pending");
    this.#nextRevision = Math.max(this.#nextRevision, revision);
  }

  /** Everything up to `revision` that is for it has been sent: says so. */
  tellProgress(revision: number): void {
    assert(
      this.#state.kind === "synced" && (this.firstPending ?? Infinity) > revision,
      "Watcher.tellProgress: it has not been sent all of that",
    );
    this.outlet.send({ watchId: this.id, revision, compactRevision: 0, events: [] }, this.#sink);
  }

  /** Tells it that what it waits for is compacted, and ends it. */
  cancelCompacted(revision: number, compactRevision: number): void {
    this.outlet.forget(this);
    assert(this.#state.kind === "cancelled", "WatcherOutlet.forget: the watcher is still there");
    const response = { watchId: this.id, revision, compactRevision, events: [] };
    this.outlet.send(response, this.#sink);
  }

  /** Drops what is pending: it has to be read from history, from the first of these events on. */
  setBack(): void {
    const first = this.firstPending;
    this.dropPending();
    if (first !== undefined) this.#nextRevision = first;
  }

  /** Drops what is pending; what is next stays what it was. */
  dropPending(): void {
    this.#pending = undefined;
  }

  /** It has read history up to the present. */
  becomeSynced(): void {
    this.#enter(SYNCED);
  }

  becomeUnsynced(group: WatcherPlace): void {
    this.#enter({ kind: "unsynced", group });
  }

  /** Its stream is full and an event is pending: that one is where it goes on one day. */
  becomeBlocked(): void {
    assert(this.#pending !== undefined, "Watcher.becomeBlocked: it has not missed an event");
    this.setBack();
    this.#enter(BLOCKED);
    this.outlet.blocked.add(this);
  }

  becomeCancelled(): void {
    this.dropPending();
    this.#enter(CANCELLED);
  }

  #enter(state: WatcherState): void {
    const from = this.#state.kind;
    assert(TRANSITIONS[from].includes(state.kind), `A watcher is ${from}, not ${state.kind} next`);
    this.#state = state;
  }

  #takePending(): StoredEvent[] {
    const events = this.#pending;
    assert(events !== undefined, "Watcher: nothing is pending");
    this.#pending = undefined;
    return events;
  }
}
