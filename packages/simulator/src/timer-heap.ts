/** A timer that was set. */
export interface PendingTimer {
  readonly due: number;
  /** Of those that are due at one time the one that was set first comes first. */
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

function isBefore(one: PendingTimer, other: PendingTimer): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}

/** Timers by due time, the earliest at hand: a binary heap. Cancelled ones leave when they come to the top. */
export class TimerHeap {
  readonly #items: PendingTimer[] = [];

  add(timer: PendingTimer): void {
    const items = this.#items;
    let at = items.length;
    items.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = timer;
  }

  /** The earliest that was not cancelled. */
  get first(): PendingTimer | undefined {
    while (this.#items[0]?.isCancelled === true) this.removeFirst();
    return this.#items[0];
  }

  removeFirst(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (!isBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
  }
}
