import { CACHED_VALUE_OVERHEAD, SLAB_BYTES } from "./limits.ts";
import type { KeyIndex } from "./key-index.ts";
import { StoredKeyValue } from "./stored-key-value.ts";

/** A stretch of memory that records are written into one after the other. */
export interface RecordSlab {
  readonly memory: Uint8Array;
  used: number;
  /** Entries whose value was put into this slab; many have a newer one by now. */
  readonly entries: KeyIndex[];
}

/**
 * Memory for records, and the budget for those that stay.
 *
 * Records are written into slabs in the order of their making; the newest value of a key hangs at
 * its index entry. When the slabs (and the objects around their values) exceed the budget, the
 * oldest slab goes: its values leave the index entries, but those read since then move to the
 * newest slab. So the budget bounds real memory, not only the bytes still in use. Views that others
 * hold keep their slab's memory alive for as long as they are held.
 */
export class ValueCache {
  readonly #budget: number;
  #slabs: RecordSlab[] = [];
  #oldest = 0;
  #current: RecordSlab = newSlab(0);
  #bytes = 0;

  /** @param budget bytes; 0 keeps nothing */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Bytes that count against the budget. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The slab with room for `size` more bytes, to be written from `used` on. */
  reserve(size: number): RecordSlab {
    if (this.#current.memory.length - this.#current.used < size) this.#open(size);
    return this.#current;
  }

  /** Copies borrowed bytes into memory of the cache: the result is owned and may be kept. */
  copy(bytes: Uint8Array): { slab: RecordSlab; bytes: Uint8Array } {
    const slab = this.reserve(bytes.length);
    const view = takeView(slab, bytes.length);
    view.set(bytes);
    return { slab, bytes: view };
  }

  /** Hangs a value that lies in `slab` at the entry of its key. */
  keep(entry: KeyIndex, stored: StoredKeyValue, slab: RecordSlab): void {
    if (this.#budget === 0) return;
    stored.slab = slab;
    entry.stored = stored;
    slab.entries.push(entry);
    this.#bytes += CACHED_VALUE_OVERHEAD;
  }

  #open(size: number): void {
    this.#current = newSlab(Math.max(SLAB_BYTES, size));
    if (this.#budget === 0) return;
    this.#slabs.push(this.#current);
    this.#bytes += this.#current.memory.length;
    this.#trim(size);
  }

  /** Makes room in the budget, and leaves `reserved` bytes of the newest slab free. */
  #trim(reserved: number): void {
    const { length } = this.#current.memory;
    // What moves to the newest slab is bounded, so that every step gains.
    let movable = Math.min(length / 2, length - reserved);
    while (this.#bytes > this.#budget && this.#oldest < this.#slabs.length - 1) {
      movable -= this.#drop(this.#slabs[this.#oldest++]!, movable);
    }
    if (this.#oldest > 64 && this.#oldest * 2 > this.#slabs.length) {
      this.#slabs = this.#slabs.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Returns how many bytes moved to the newest slab. */
  #drop(slab: RecordSlab, movable: number): number {
    let moved = 0;
    this.#bytes -= slab.memory.length + slab.entries.length * CACHED_VALUE_OVERHEAD;
    for (const entry of slab.entries) {
      const stored = entry.stored;
      if (stored === undefined || stored.slab !== slab) continue;
      entry.stored = undefined;
      stored.slab = undefined;
      const size = stored.bytes.length;
      if (!stored.recentlyRead || moved + size > movable) continue;
      if (this.#current.memory.length - this.#current.used < size) continue;
      const copy = this.copy(stored.bytes);
      this.keep(
        entry,
        new StoredKeyValue(
          copy.bytes,
          stored.createRevision,
          stored.modRevision,
          stored.version,
          stored.lease,
        ),
        copy.slab,
      );
      moved += size;
    }
    return moved;
  }
}

function newSlab(size: number): RecordSlab {
  return { memory: new Uint8Array(size), used: 0, entries: [] };
}

/** The next `size` bytes of a slab that has room for them. */
export function takeView(slab: RecordSlab, size: number): Uint8Array {
  const view = new Uint8Array(slab.memory.buffer, slab.used, size);
  slab.used += size;
  return view;
}
