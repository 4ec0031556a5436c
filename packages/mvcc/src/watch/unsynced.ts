import { CATCH_UP_REVISIONS, COHORT_WATCHERS } from "../limits.ts";
import type { StoreState } from "../store-state.ts";
import { ValueCache } from "../value-cache.ts";
import { catchUp, type CatchUpMoves } from "./catch-up.ts";
import { Cohort } from "./cohort.ts";
import type { Watcher } from "./watcher.ts";

/**
 * Watchers that have history to read, in cohorts: those of a cohort are at the same place and read on together,
 * so that what history costs does not grow with the number of its readers.
 */
export class BehindWatchers {
  readonly #state: StoreState;
  readonly #moves: CatchUpMoves;
  readonly #cohorts = new Set<Cohort>();
  /** Keeps nothing: an event's memory goes with the event. */
  readonly #memory = new ValueCache(0);
  #oldestFirst = false;

  constructor(state: StoreState, moves: CatchUpMoves) {
    this.#state = state;
    this.#moves = moves;
  }

  get empty(): boolean {
    return this.#cohorts.size === 0;
  }

  /** Takes a watcher that reads from `minRevision` on. */
  add(watcher: Watcher): void {
    watcher.state = "behind";
    for (const cohort of this.#cohorts) {
      if (cohort.resumeAt !== undefined) continue;
      const ahead = watcher.minRevision - cohort.position;
      if (ahead < 0 || ahead > CATCH_UP_REVISIONS) continue;
      if (cohort.group.size < COHORT_WATCHERS) return cohort.add(watcher);
    }
    const cohort = new Cohort(watcher.minRevision);
    cohort.add(watcher);
    this.#cohorts.add(cohort);
  }

  /** Nothing happens when it is not in. */
  remove(watcher: Watcher): void {
    const { cohort } = watcher;
    if (cohort === undefined) return;
    cohort.remove(watcher);
    if (cohort.group.size === 0) this.#cohorts.delete(cohort);
  }

  /**
   * Lets one cohort read a window. In turn it is the last one, which takes in those that it meets, and the
   * one nearest to the present: who has little to read does not wait for who has much.
   */
  pass(): void {
    this.#oldestFirst = !this.#oldestFirst;
    const cohort = this.#choose();
    if (cohort === undefined) return;
    this.#takeIn(cohort);
    if (catchUp(this.#state, this.#memory, cohort, this.#moves)) this.#cohorts.delete(cohort);
  }

  #choose(): Cohort | undefined {
    let chosen: Cohort | undefined;
    for (const cohort of this.#cohorts) {
      const older = chosen === undefined || cohort.position < chosen.position;
      if (older === this.#oldestFirst || chosen === undefined) chosen = cohort;
    }
    return chosen;
  }

  /** After the store went over to another history. */
  restartWindows(): void {
    for (const cohort of this.#cohorts) cohort.restartWindow();
  }

  /** Those that begin within the next window read on with this cohort. */
  #takeIn(cohort: Cohort): void {
    if (cohort.resumeAt !== undefined) return;
    for (const other of this.#cohorts) {
      if (other.resumeAt !== undefined) continue;
      const ahead = other.position - cohort.position;
      if (other === cohort || ahead < 0 || ahead > CATCH_UP_REVISIONS) continue;
      if (cohort.group.size + other.group.size > COHORT_WATCHERS) continue;
      for (const watcher of other.group.watchers) {
        watcher.minRevision = Math.max(watcher.minRevision, other.position);
        cohort.add(watcher);
      }
      this.#cohorts.delete(other);
    }
  }
}
