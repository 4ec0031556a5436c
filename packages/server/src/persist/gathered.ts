/** What is to be proposed: with the next turn of the loop, or once there is a leader. */
export class Gathered<T> {
  /** Of the requests, in the order of `#items`. */
  #ids: number[] = [];
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(id: number, item: T): void {
    this.#ids.push(id);
    this.#items.push(item);
  }

  /** Takes all out, in the order in which they came. */
  take(): T[] {
    const items = this.#items;
    this.#ids = [];
    this.#items = [];
    return items;
  }

  /** Forgets those of other requests than `isWanted` names. */
  keep(isWanted: (id: number) => boolean): void {
    const [ids, items] = [this.#ids, this.take()];
    for (const [i, id] of ids.entries()) if (isWanted(id)) this.add(id, items[i]!);
  }
}
