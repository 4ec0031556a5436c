/** An item of the heap; `position` belongs to the heap, -1 outside of it. */
export interface HeapItem {
  deadline: number;
  position: number;
}

/** A binary min-heap by deadline whose items know their position, so that any of them can move. */
export class DeadlineHeap<T extends HeapItem> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item with the earliest deadline. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Puts an item in, or moves it, according to its new deadline. */
  schedule(item: T, deadline: number): void {
    item.deadline = deadline;
    if (item.position < 0) {
      item.position = this.#items.length;
      this.#items.push(item);
    }
    this.#down(this.#up(item.position));
  }

  /** Takes an item out; nothing happens when it is not in. */
  remove(item: T): void {
    const at = item.position;
    if (at < 0) return;
    item.position = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#place(last, at);
    this.#down(this.#up(at));
  }

  clear(): void {
    for (const item of this.#items) item.position = -1;
    this.#items.length = 0;
  }

  #place(item: T, at: number): void {
    this.#items[at] = item;
    item.position = at;
  }

  #up(at: number): number {
    const item = this.#items[at]!;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = this.#items[parent]!;
      if (above.deadline <= item.deadline) break;
      this.#place(above, at);
      at = parent;
    }
    this.#place(item, at);
    return at;
  }

  #down(at: number): void {
    const item = this.#items[at]!;
    const count = this.#items.length;
    for (let child = at * 2 + 1; child < count; child = at * 2 + 1) {
      const right = this.#items[child + 1];
      if (right !== undefined && right.deadline < this.#items[child]!.deadline) child++;
      const below = this.#items[child]!;
      if (below.deadline >= item.deadline) break;
      this.#place(below, at);
      at = child;
    }
    this.#place(item, at);
  }
}
