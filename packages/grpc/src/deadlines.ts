import type { Clock, Timer } from "@nodetcd/runtime";

/** Something that ends when its time is up. */
export interface Deadlined {
  /** Called once; the deadline has been removed already. */
  onDeadline(): void;
}

/** Deadlines of one tick; a handle to give back to `Deadlines.remove`. */
export interface DeadlineSlot {
  readonly tick: number;
  readonly members: Set<Deadlined>;
}

/** Milliseconds between two looks; a deadline fires up to this much late, never early. */
const TICK_MS = 10;

/**
 * Many deadlines on one timer: those that fall into the same tick share a slot, so that setting and
 * removing one costs no more than a set operation. The timer runs only while there is a deadline.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots = new Map<number, DeadlineSlot>();
  #timer: Timer | undefined;
  /** All slots up to this tick have fired. */
  #seen = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(deadlined: Deadlined, delayMs: number): DeadlineSlot {
    const now = this.#clock.monotonic();
    if (this.#timer === undefined) {
      this.#seen = Math.floor(now / TICK_MS);
      this.#timer = this.#clock.setRepeating(TICK_MS, () => this.#look());
    }
    const tick = Math.max(this.#seen + 1, Math.ceil((now + delayMs) / TICK_MS));
    let slot = this.#slots.get(tick);
    if (slot === undefined) {
      slot = { tick, members: new Set() };
      this.#slots.set(tick, slot);
    }
    slot.members.add(deadlined);
    return slot;
  }

  remove(deadlined: Deadlined, slot: DeadlineSlot): void {
    slot.members.delete(deadlined);
    if (slot.members.size === 0 && this.#slots.get(slot.tick) === slot) {
      this.#slots.delete(slot.tick);
    }
  }

  /** True when this time (monotonic milliseconds) has come, whether its tick has or not. */
  isPast(time: number): boolean {
    return this.#clock.monotonic() >= time;
  }

  #look(): void {
    const now = Math.floor(this.#clock.monotonic() / TICK_MS);
    const due = this.#takeDue(now);
    this.#seen = now;
    for (const slot of due) {
      for (const deadlined of slot.members) {
        slot.members.delete(deadlined);
        deadlined.onDeadline();
      }
    }
    if (this.#slots.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Looks at the ticks that have passed, or at all slots where those are fewer. */
  #takeDue(now: number): DeadlineSlot[] {
    const due: DeadlineSlot[] = [];
    const take = (slot: DeadlineSlot | undefined): void => {
      if (slot === undefined || slot.tick > now) return;
      this.#slots.delete(slot.tick);
      due.push(slot);
    };
    if (now - this.#seen > this.#slots.size) for (const slot of this.#slots.values()) take(slot);
    else for (let tick = this.#seen + 1; tick <= now; tick++) take(this.#slots.get(tick));
    return due.sort((a, b) => a.tick - b.tick);
  }
}
