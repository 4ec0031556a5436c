/** Where simulated members live together: one time for all, a network that fails, chance from a seed. */
import { sleep } from "@nodetcd/runtime";
import { SeededRandom, VirtualClock, VirtualNetwork } from "@nodetcd/simulator";
import { isCrash, settle } from "../world.ts";
import { Moments } from "./moments.ts";

/** Virtual milliseconds that one wait may take: what takes longer hangs. */
const PATIENCE_MS = 300_000;

type IsCut = (from: string, to: string) => boolean;

/** Nothing happens in it but while `run` is waited for: a seed repeats it exactly. */
export class ClusterWorld {
  readonly clock = new VirtualClock();
  readonly network: VirtualNetwork;
  readonly moments = new Moments(this.clock);
  /** What machines and links do. */
  readonly random: SeededRandom;
  readonly #cuts = new Set<IsCut>();
  /** Longest way of a message, in milliseconds. */
  delayMaxMs = 2;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.network = new VirtualNetwork({
      clock: this.clock,
      delayMs: () => (this.random.uint32() / 2 ** 32) * this.delayMaxMs,
    });
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.clock, ms);
  }

  /** Nothing arrives where `isCut` says so, until the answer is called. */
  cut(isCut: IsCut): () => void {
    this.#cuts.add(isCut);
    this.#applyCuts();
    return () => {
      this.#cuts.delete(isCut);
      this.#applyCuts();
    };
  }

  /** No link is cut any more. */
  heal(): void {
    this.#cuts.clear();
    this.#applyCuts();
  }

  #applyCuts(): void {
    this.network.cut((from, to) => [...this.#cuts].some((isCut) => isCut(from, to)));
  }

  /** Lets time pass until the promise settles. Raises what it rejects with. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    const end = this.clock.monotonic() + PATIENCE_MS;
    for (;;) {
      await settle();
      if (isSettled) return promise;
      if (this.clock.monotonic() > end) throw new Error("hangs: nothing came of it in 5 minutes");
      try {
        this.clock.runNext();
      } catch (error) {
        // What the dead do.
        if (!isCrash(error)) throw error;
      }
    }
  }
}
