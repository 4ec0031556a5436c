import { assert } from "@nodetcd/bytes";
import { CATCH_UP_REVISIONS, CATCH_UP_WATCHERS } from "../limits.ts";
import type { StoreState } from "../store-state.ts";
import { ValueCache } from "../value-cache.ts";
import { catchUp, type CatchUpMoves } from "./catch-up.ts";
import { CatchUpGroup } from "./catch-up-group.ts";
import type { Watcher } from "./watcher.ts";

/**
 * Watchers that have history to read, in groups: those of a group are at the same place and read on together,
 * so that what history costs does not grow with the number of its readers.
 */
export class UnsyncedWatchers {
  readonly #state: StoreState;
  readonly #moves: CatchUpMoves;
  readonly #groups = new Set<CatchUpGroup>();
  /** Keeps nothing: an event's memory goes with the event. */
  readonly #memory = new ValueCache(0);
  #oldestFirst = false;

  constructor(state: StoreState, moves: CatchUpMoves) {
    this.#state = state;
    this.#moves = moves;
  }

  get empty(): boolean {
    return this.#groups.size === 0;
  }

  /** Takes a watcher that has to read from its `nextRevision` on. */
  add(watcher: Watcher): void {
    const { nextRevision } = watcher;
    assert(nextRevision <= this.#state.revision, "UnsyncedWatchers.add: nothing to read");
    for (const group of this.#groups) {
      if (group.window !== undefined) continue;
      const ahead = nextRevision - group.position;
      if (ahead < 0 || ahead > CATCH_UP_REVISIONS) continue;
      if (group.members.size < CATCH_UP_WATCHERS) return group.add(watcher);
    }
    const group = new CatchUpGroup(nextRevision, (empty) => this.#groups.delete(empty));
    group.add(watcher);
    this.#groups.add(group);
  }

  /** Nothing happens when it is not in. */
  remove(watcher: Watcher): void {
    if (watcher.state.kind === "unsynced") watcher.state.group.remove(watcher);
  }

  /**
   * Lets one group read. In turn it is the last one, which takes in those that it meets, and the
   * one nearest to the present: who has little to read does not wait for who has much.
   */
  pass(): void {
    this.#oldestFirst = !this.#oldestFirst;
    const group = this.#choose();
    if (group === undefined) return;
    this.#takeIn(group);
    if (catchUp(this.#state, this.#memory, group, this.#moves)) this.#groups.delete(group);
  }

  #choose(): CatchUpGroup | undefined {
    let chosen: CatchUpGroup | undefined;
    for (const group of this.#groups) {
      const older = chosen === undefined || group.position < chosen.position;
      if (older === this.#oldestFirst || chosen === undefined) chosen = group;
    }
    return chosen;
  }

  /** After the store went over to another history. */
  restartWindows(): void {
    for (const group of this.#groups) group.restartWindow();
  }

  /** Those that begin within the next window read on with this group. */
  #takeIn(group: CatchUpGroup): void {
    if (group.window !== undefined) return;
    for (const other of this.#groups) {
      if (other.window !== undefined) continue;
      const ahead = other.position - group.position;
      if (other === group || ahead < 0 || ahead > CATCH_UP_REVISIONS) continue;
      if (group.members.size + other.members.size > CATCH_UP_WATCHERS) continue;
      for (const watcher of other.members.watchers) {
        watcher.passTo(other.position);
        group.add(watcher);
      }
      this.#groups.delete(other);
    }
  }
}
