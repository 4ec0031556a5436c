/** A growing set of small non-negative whole numbers, one bit each. */
export class BitSet {
  #words: Uint32Array = new Uint32Array(64);

  has(value: number): boolean {
    const word = this.#words[Math.floor(value / 32)];
    return word !== undefined && (word & (1 << (value % 32))) !== 0;
  }

  add(value: number): void {
    const word = Math.floor(value / 32);
    if (word >= this.#words.length) {
      const grown = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[word]! |= 1 << (value % 32);
  }

  delete(value: number): void {
    const word = Math.floor(value / 32);
    if (word < this.#words.length) this.#words[word]! &= ~(1 << (value % 32));
  }

  /** All members, sorted; owned by the caller. @param count how many there are */
  values(count: number): Float64Array {
    const values = new Float64Array(count);
    let at = 0;
    for (let index = 0; at < count; index++) {
      for (let rest = this.#words[index]! | 0; rest !== 0; rest &= rest - 1) {
        values[at++] = index * 32 + 31 - Math.clz32(rest & -rest);
      }
    }
    return values;
  }
}
