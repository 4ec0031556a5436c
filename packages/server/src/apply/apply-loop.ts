import { ConfChange, type ConfState, type Entry, EntryType } from "@nodetcd/messages";
import type { Clock } from "@nodetcd/runtime";
import { APPLY_CLOCK_EVERY, APPLY_SLICE_MS } from "../limits.ts";
import type { ApplyMeter } from "../measure/apply-meter.ts";
import type { AppliedIndex } from "../state/applied-index.ts";
import type { EntryApplier } from "./apply-entry.ts";

export interface ApplyLoopOptions {
  readonly clock: Clock;
  readonly meter: ApplyMeter;
  readonly applied: AppliedIndex;
  readonly entries: EntryApplier;
  /** Makes a committed change of the members; answers raft's new configuration, undefined where it was refused. */
  readonly changeMembership: (change: ConfChange) => ConfState | undefined;
  /** The first entry of a leader's term is applied: everything before it is, too. */
  readonly onTermStart: (term: number) => void;
  /** Undefined, or resolves when the database takes changes again: so much waits to be committed. */
  readonly whenWritable: () => Promise<void> | undefined;
  /** From now on nothing is committed, until what it returns is called. */
  readonly holdDatabase: () => () => void;
  /** Called after each stretch of applying. */
  readonly onProgress: () => void;
  /** Applying has failed: the state is not to be trusted any more. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Applies committed entries, once each, in order, spread over turns of the loop. The effects of an entry and its
 * index get into the same batch: most entries are applied within one turn, and while a long one is not, the
 * database is held.
 */
export class ApplyLoop {
  readonly #options: ApplyLoopOptions;
  #queue: Entry[] = [];
  #head = 0;
  /** Does the next part of the entry at the head, which is applied in part; true when it was the last. */
  #rest: (() => boolean) | undefined;
  #release: () => void = () => undefined;
  #continuing = false;
  #stopped = false;

  constructor(options: ApplyLoopOptions) {
    this.#options = options;
  }

  /** Entries waiting to be applied. */
  get pending(): number {
    return this.#queue.length - this.#head;
  }

  push(entries: readonly Entry[]): void {
    if (this.#head === this.#queue.length) {
      this.#queue = entries.slice();
      this.#head = 0;
    } else for (const entry of entries) this.#queue.push(entry);
  }

  /** Applies what is queued, for as long as a slice lasts; the rest follows in later turns. */
  run(): void {
    if (this.#continuing || this.#stopped || this.pending === 0) return;
    const blocked = this.#rest === undefined ? this.#options.whenWritable() : undefined;
    if (blocked === undefined) this.#slice(APPLY_SLICE_MS);
    if (this.pending === 0) return;
    this.#continuing = true;
    const go = (): void => {
      this.#continuing = false;
      this.run();
    };
    if (blocked === undefined) this.#options.clock.defer(go);
    else blocked.then(go, this.#options.onFailure);
  }

  /** Applies everything that is queued before it returns. */
  drain(): void {
    if (!this.#stopped) this.#slice(Infinity);
  }

  /** Applies no more. What is applied in part is drained first: nothing may be committed in part. */
  stop(): void {
    if (this.#rest !== undefined) this.drain();
    this.#stopped = true;
  }

  #slice(budgetMs: number): void {
    const { clock, meter, applied, onProgress, onFailure } = this.#options;
    const start = clock.monotonic();
    const first = this.#head;
    let last = start;
    try {
      while (this.#head < this.#queue.length) {
        if (!this.#applyHead()) {
          if (budgetMs === Infinity) continue;
          break;
        }
        this.#head++;
        if ((this.#head - first) % APPLY_CLOCK_EVERY !== 0) continue;
        const now = clock.monotonic();
        meter.stretch(now - last);
        last = now;
        if (now - start > budgetMs) break;
      }
    } catch (error) {
      this.#stopped = true;
      onFailure(error);
      this.#release();
      return;
    }
    if ((this.#head - first) % APPLY_CLOCK_EVERY !== 0) meter.stretch(clock.monotonic() - last);
    applied.notify();
    onProgress();
  }

  /** True when the entry at the head is applied; false: that was a part of it. */
  #applyHead(): boolean {
    const { applied } = this.#options;
    const entry = this.#queue[this.#head]!;
    if (entry.index <= applied.consistent) {
      // Its effects are in the database already: it was replayed from the log after a restart.
      applied.advance(entry.index, entry.term);
      if (entry.data.length === 0) this.#options.onTermStart(entry.term);
    } else if (entry.type === EntryType.EntryConfChange) {
      const change = ConfChange.decode(entry.data);
      const confState = this.#options.changeMembership(change);
      if (confState !== undefined) applied.setConfState(confState);
      applied.advance(entry.index, entry.term);
      applied.touch();
    } else if (entry.data.length > 0) {
      // In this order: an entry whose applying breaks off must not count as applied.
      if (!this.#applyPart(entry.data)) return false;
      applied.advance(entry.index, entry.term);
    } else {
      applied.advance(entry.index, entry.term);
      this.#options.onTermStart(entry.term);
    }
    return true;
  }

  #applyPart(data: Uint8Array): boolean {
    if (this.#rest === undefined) {
      this.#rest = this.#options.entries.apply(data);
      if (this.#rest === undefined) return true;
      this.#release = this.#options.holdDatabase();
      return false;
    }
    if (!this.#rest()) return false;
    this.#rest = undefined;
    this.#release();
    return true;
  }
}
