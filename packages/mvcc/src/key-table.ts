import { TABLE_SEGMENTS } from "./limits.ts";
import type { KeyIndex } from "./key-index.ts";

const SEGMENT_SHIFT: number = 32 - Math.log2(TABLE_SEGMENTS);
const INITIAL_SLOTS = 8;

interface Segment {
  /** Open addressing with linear probing; a power of two, at most three quarters full. */
  slots: (KeyIndex | undefined)[];
  used: number;
}

/**
 * Keys by their bytes: no text is made to look one up. The upper bits of the hash choose one of
 * 1024 segments, each a table of its own, so that growing moves a thousandth of the keys at a time.
 */
export class KeyTable {
  readonly #seed: number;
  /** Secrets of 30 bits, made of the seed. */
  readonly #lowSecret: number;
  readonly #highSecret: number;
  readonly #segments: Segment[] = [];

  /** @param seed makes positions unpredictable for whoever chooses the keys; any 32-bit number */
  constructor(seed: number) {
    this.#seed = seed | 0;
    this.#lowSecret = scramble(seed + 0x9e37_79b9) >>> 2;
    this.#highSecret = scramble(seed + 0x3c6e_f372) >>> 2;
    for (let i = 0; i < TABLE_SEGMENTS; i++) {
      this.#segments.push({ slots: emptySlots(INITIAL_SLOTS), used: 0 });
    }
  }

  /**
   * Multiplies the halves of each word, each with a secret added. With known factors alone a flip of the
   * highest bit has the same outcome whatever the seed is, and keys could be made that all collide.
   */
  hash(key: Uint8Array): number {
    let h = this.#seed ^ key.length;
    const low = this.#lowSecret;
    const high = this.#highSecret;
    const words = key.length - 3;
    let i = 0;
    for (; i < words; i += 4) {
      const word = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24);
      const x = h ^ word;
      h = (Math.imul((x & 0xffff) + low, (x >>> 16) + high) + x) | 0;
      h ^= h >>> 15;
    }
    for (; i < key.length; i++) h = Math.imul(h ^ key[i]!, 0x01000193);
    h ^= h >>> 16;
    h = Math.imul(h, 0xc2b2ae35);
    return h ^ (h >>> 15);
  }

  /** @param hash `hash(key)` */
  get(key: Uint8Array, hash: number): KeyIndex | undefined {
    const { slots } = this.#segments[hash >>> SEGMENT_SHIFT]!;
    const mask = slots.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const entry = slots[i];
      if (entry === undefined) return undefined;
      if (entry.hash === hash && sameKey(entry.key, key)) return entry;
    }
  }

  /** The key must not be in the table yet. */
  add(entry: KeyIndex): void {
    const segment = this.#segments[entry.hash >>> SEGMENT_SHIFT]!;
    if ((segment.used + 1) * 4 > segment.slots.length * 3) grow(segment);
    place(segment.slots, entry);
    segment.used++;
  }

  remove(entry: KeyIndex): void {
    const segment = this.#segments[entry.hash >>> SEGMENT_SHIFT]!;
    const { slots } = segment;
    const mask = slots.length - 1;
    let hole = entry.hash & mask;
    while (slots[hole] !== entry) {
      if (slots[hole] === undefined) return;
      hole = (hole + 1) & mask;
    }
    // Close the gap: move back every entry of the run that may stand nearer to its home.
    for (let i = (hole + 1) & mask; ; i = (i + 1) & mask) {
      const moved = slots[i];
      if (moved === undefined) break;
      const home = moved.hash & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        slots[hole] = moved;
        hole = i;
      }
    }
    slots[hole] = undefined;
    segment.used--;
  }
}

/** Spreads what little differs between two numbers over all of 32 bits. */
function scramble(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x21f0_aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a_2d97);
  return h ^ (h >>> 15);
}

function emptySlots(count: number): (KeyIndex | undefined)[] {
  const slots: (KeyIndex | undefined)[] = [];
  for (let i = 0; i < count; i++) slots.push(undefined);
  return slots;
}

function place(slots: (KeyIndex | undefined)[], entry: KeyIndex): void {
  const mask = slots.length - 1;
  let i = entry.hash & mask;
  while (slots[i] !== undefined) i = (i + 1) & mask;
  slots[i] = entry;
}

function grow(segment: Segment): void {
  const slots = emptySlots(segment.slots.length * 2);
  for (const entry of segment.slots) if (entry !== undefined) place(slots, entry);
  segment.slots = slots;
}

function sameKey(text: string, key: Uint8Array): boolean {
  const length = key.length;
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== key[i]) return false;
  return true;
}
