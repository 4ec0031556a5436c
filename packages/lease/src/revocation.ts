import { KEYS_SORTED_AT_ONCE, REVOKED_KEYS_PER_STEP } from "./limits.ts";

/** Deletes a key of the lease, borrowed for the call, and has it detached (`Lessor.detach`). */
export type DeleteKey = (key: Uint8Array) => void;

/**
 * The end of a lease, in steps that a turn of the loop has room for: first its keys are sorted, run by run,
 * then they are deleted in byte order (so that all members make the same sub revisions), and with the last of
 * them the lease goes. No other change of keys or leases may come between the steps.
 */
export class Revocation {
  readonly #unsorted: string[];
  readonly #forget: () => void;
  /** Each sorted, its smallest key last; the run with the smallest of all is the last. */
  readonly #runs: string[][] = [];

  /**
   * For `Lessor.beginRevoke`.
   *
   * @param keys one character a byte
   * @param forget takes out the lease and its record
   */
  constructor(keys: Iterable<string>, forget: () => void) {
    this.#unsorted = [...keys];
    this.#forget = forget;
  }

  /** Does a part of it; true when the lease is gone. */
  step(deleteKey: DeleteKey): boolean {
    this.#sortRun();
    if (this.#unsorted.length > 0) return false;
    for (let left = REVOKED_KEYS_PER_STEP; left > 0; left--) {
      const key = this.#takeSmallest();
      if (key === undefined) {
        this.#forget();
        return true;
      }
      deleteKey(Buffer.from(key, "latin1"));
    }
    return false;
  }

  #sortRun(): void {
    if (this.#unsorted.length === 0) return;
    this.#insert(this.#unsorted.splice(-KEYS_SORTED_AT_ONCE).sort().reverse());
  }

  #takeSmallest(): string | undefined {
    const run = this.#runs.pop();
    const key = run?.pop();
    if (run !== undefined && run.length > 0) this.#insert(run);
    return key;
  }

  #insert(run: string[]): void {
    const runs = this.#runs;
    const head = run.at(-1)!;
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (runs[middle]!.at(-1)! > head) low = middle + 1;
      else high = middle;
    }
    runs.splice(low, 0, run);
  }
}
