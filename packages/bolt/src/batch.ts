import type { Clock, Timer } from "@nodetcd/runtime";
import { MAX_BATCH_DELAY_MS, MAX_BATCH_SIZE } from "./limits.ts";
import type { Transaction } from "./transaction.ts";

interface Call {
  readonly work: (tx: Transaction) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers calls from many callers into one write transaction, so that they share its syncs. A call
 * that raises is taken out, the rest run again, and it runs once more alone: so every call may run
 * more than once, and each caller gets its own outcome.
 */
export class BatchQueue {
  readonly #update: (work: (tx: Transaction) => void) => void;
  readonly #clock: Clock | undefined;
  #calls: Call[] = [];
  #timer: Timer | undefined;

  constructor(update: (work: (tx: Transaction) => void) => void, clock: Clock | undefined) {
    this.#update = update;
    this.#clock = clock;
  }

  add(work: (tx: Transaction) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#calls.push({ work, resolve, reject });
      if (this.#calls.length >= MAX_BATCH_SIZE) this.flush();
      else if (this.#calls.length === 1) this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#clock !== undefined) {
      this.#timer = this.#clock.setTimer(MAX_BATCH_DELAY_MS, () => this.flush());
    } else queueMicrotask(() => this.flush());
  }

  /** Runs what has gathered. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    let calls = this.#calls;
    this.#calls = [];
    while (calls.length > 0) {
      const failed = this.#run(calls);
      if (failed === undefined) return;
      calls = calls.filter((call) => call !== failed);
      this.#runAlone(failed);
    }
  }

  /** Runs all in one transaction; returns the call that raised, or undefined when all is settled. */
  #run(calls: readonly Call[]): Call | undefined {
    let current: Call | undefined;
    try {
      this.#update((tx) => {
        for (const call of calls) {
          current = call;
          call.work(tx);
        }
        current = undefined;
      });
    } catch (error) {
      if (current !== undefined) return current;
      for (const call of calls) call.reject(error);
      return undefined;
    }
    for (const call of calls) call.resolve();
    return undefined;
  }

  #runAlone(call: Call): void {
    try {
      this.#update(call.work);
    } catch (error) {
      call.reject(error);
      return;
    }
    call.resolve();
  }
}
