import { SeededRandom } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { KeyIndex } from "../src/key-index.ts";
import { KeyTable } from "../src/key-table.ts";
import { keyBytes } from "../src/stored-key-value.ts";
import { seeds } from "./support/settle.ts";

for (const seed of seeds(3)) {
  test(`KeyTable: holds what a Map holds while keys come and go by the ten thousand (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    const table = new KeyTable(random.uint32());
    const naive = new Map<string, KeyIndex>();
    for (let i = 0; i < 60_000; i++) {
      const text = `${random.below(40_000)}`.padStart(random.below(2) * 9, "\xfe");
      const key = keyBytes(text);
      const hash = table.hash(key);
      const entry = table.get(key, hash);
      if (entry !== naive.get(text)) expect(entry).toBe(naive.get(text));
      if (entry !== undefined && random.chance(0.7)) {
        table.remove(entry);
        naive.delete(text);
      } else if (entry === undefined) {
        const fresh = new KeyIndex(text, hash);
        table.add(fresh);
        naive.set(text, fresh);
      }
    }
    expect(naive.size).toBeGreaterThan(10_000);
    const missing = [...naive].filter(([text, entry]) => {
      const key = keyBytes(text);
      return table.get(key, table.hash(key)) !== entry;
    });
    expect(missing).toEqual([]);
  });
}

describe("KeyTable.hash", () => {
  const BITS = 12;

  /**
   * Keys that differ in pairs of words: a bit flipped in the one, and in the other what this becomes by a
   * multiplication with a known odd number and `h ^= h >>> shift`. Whatever the seed is, such keys would
   * collide where a word goes into the hash by these two alone.
   */
  function differentialKeys(shift: number): Uint8Array[] {
    return Array.from({ length: 2 ** BITS }, (_, choice) => {
      const key = Buffer.alloc(BITS * 8, "k");
      for (let pair = 0; pair < BITS; pair++) {
        if (((choice >>> pair) & 1) === 0) continue;
        const at = pair * 8;
        key.writeInt32LE(key.readInt32LE(at) ^ 0x8000_0000, at);
        const echo = 0x8000_0000 ^ (0x8000_0000 >>> shift);
        key.writeInt32LE(key.readInt32LE(at + 4) ^ echo, at + 4);
      }
      return key;
    });
  }

  test.each([13, 14, 15, 16, 17])("keys cannot be made to collide by their bits (%d)", (shift) => {
    const keys = differentialKeys(shift);
    for (const seed of [0, 1, 0x1234_5678, 0xffff_ffff]) {
      const table = new KeyTable(seed);
      const hashes = new Set(keys.map((key) => table.hash(key)));
      expect(hashes.size, `SEED=${seed}`).toBeGreaterThan(keys.length * 0.99);
    }
  });

  test("spreads keys that look alike over all segments", () => {
    const table = new KeyTable(7);
    const used = new Map<number, number>();
    for (let i = 0; i < 100_000; i++) {
      const segment = table.hash(Buffer.from(`/registry/pods/default/pod-${i}`)) >>> 22;
      used.set(segment, (used.get(segment) ?? 0) + 1);
    }
    expect(used.size).toBe(1024);
    // 98 on average, and 5 standard deviations.
    expect(Math.max(...used.values())).toBeLessThan(98 + 5 * 10);
  });
});
