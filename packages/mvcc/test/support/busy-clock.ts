import { VirtualClock } from "@nodetcd/simulator";

/** A virtual clock on which each look takes time: whatever works in slices has to make many small ones. */
export class BusyClock extends VirtualClock {
  readonly #lookMs: number;
  #looked = 0;

  /** @param lookMs how far each look moves the monotonic time on */
  constructor(lookMs: number) {
    super();
    this.#lookMs = lookMs;
  }

  override monotonic(): number {
    this.#looked += this.#lookMs;
    return super.monotonic() + this.#looked;
  }
}
