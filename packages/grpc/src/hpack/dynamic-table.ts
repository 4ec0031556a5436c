import type { HeaderEntry } from "./header-entry.ts";
import { STATIC_TABLE } from "./static-table.ts";

/** Default of SETTINGS_HEADER_TABLE_SIZE, in bytes. */
export const DEFAULT_TABLE_BYTES = 4096;

/** The dynamic table of RFC 7541 section 2.3.2, the same for encoder and decoder. */
export class DynamicTable {
  /** Oldest first; those before `#first` are evicted. */
  #entries: HeaderEntry[] = [];
  #first = 0;
  #size = 0;
  #maxSize = DEFAULT_TABLE_BYTES;
  /** Counts the changes: what an index means is constant while this is. */
  generation = 0;
  /** Entries ever inserted; the newest one has this number. */
  inserted = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  get size(): number {
    return this.#size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.generation++;
    this.#evict(maxSize);
  }

  /** An entry larger than the table empties it and is not inserted. */
  insert(entry: HeaderEntry): boolean {
    this.generation++;
    this.#evict(this.#maxSize - entry.size);
    if (entry.size > this.#maxSize) return false;
    this.#entries.push(entry);
    this.#size += entry.size;
    this.inserted++;
    return true;
  }

  /** The entry with this HPACK index, counted after the static table's 61. */
  get(index: number): HeaderEntry | undefined {
    const position = this.#entries.length - (index - STATIC_TABLE.length);
    return position >= this.#first ? this.#entries[position] : undefined;
  }

  /** The HPACK index of the n-th inserted entry, or 0 when it is evicted. */
  indexOf(number: number): number {
    const age = this.inserted - number;
    return age < this.length ? STATIC_TABLE.length + 1 + age : 0;
  }

  #evict(target: number): void {
    while (this.#size > target && this.#first < this.#entries.length) {
      this.#size -= this.#entries[this.#first++]!.size;
    }
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
