import { ConfChange, type ConfState, type Entry, EntryType } from "@nodetcd/messages";
import type { Clock } from "@nodetcd/runtime";
import { APPLY_CLOCK_EVERY, APPLY_SLICE_MS } from "../limits.ts";
import type { ApplyMeter } from "../measure/apply-meter.ts";
import type { AppliedIndex } from "./applied-index.ts";
import type { EntryApplier } from "./apply-entry.ts";

export interface ApplyLoopOptions {
  readonly clock: Clock;
  readonly meter: ApplyMeter;
  readonly applied: AppliedIndex;
  readonly entries: EntryApplier;
  /** Tells raft of a membership change and the cluster's records of it; answers the new state. */
  readonly changeMembership: (change: ConfChange) => ConfState;
  /** The first entry of a leader's term is applied: everything before it is, too. */
  readonly onTermStart: (term: number) => void;
  /** Undefined, or resolves when the database takes changes again: so much waits to be committed. */
  readonly whenWritable: () => Promise<void> | undefined;
  /** Called after each stretch of applying. */
  readonly onProgress: () => void;
  /** Applying has failed: the state is not to be trusted any more. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Applies committed entries, once each, in order. An entry is applied within one turn of the loop,
 * so that its effects and its index get into the same batch; many entries are spread over turns.
 */
export class ApplyLoop {
  readonly #options: ApplyLoopOptions;
  #queue: Entry[] = [];
  #head = 0;
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
    const blocked = this.#options.whenWritable();
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

  stop(): void {
    this.#stopped = true;
  }

  #slice(budgetMs: number): void {
    const { clock, meter, applied, onProgress, onFailure } = this.#options;
    const start = clock.monotonic();
    const first = this.#head;
    let last = start;
    try {
      while (this.#head < this.#queue.length) {
        this.#applyOne(this.#queue[this.#head]!);
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
      return;
    }
    if ((this.#head - first) % APPLY_CLOCK_EVERY !== 0) meter.stretch(clock.monotonic() - last);
    applied.notify();
    onProgress();
  }

  #applyOne(entry: Entry): void {
    const { applied } = this.#options;
    if (entry.index <= applied.consistent) {
      // Its effects are in the database already: it was replayed from the log after a restart.
      applied.advance(entry.index, entry.term);
      if (entry.data.length === 0) this.#options.onTermStart(entry.term);
      return;
    }
    if (entry.type === EntryType.EntryConfChange) {
      const change = ConfChange.decode(entry.data);
      applied.setConfState(this.#options.changeMembership(change));
      applied.advance(entry.index, entry.term);
      applied.touch();
    } else if (entry.data.length > 0) {
      // In this order: an entry whose applying breaks off must not count as applied.
      this.#options.entries.apply(entry.data);
      applied.advance(entry.index, entry.term);
    } else {
      applied.advance(entry.index, entry.term);
      this.#options.onTermStart(entry.term);
    }
  }
}
