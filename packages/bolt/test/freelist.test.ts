import { describe, expect, test } from "vitest";
import { Freelist, type FreelistType } from "../src/freelist.ts";
import { SeededRandom } from "@nodetcd/simulator";

const TYPES: readonly FreelistType[] = ["array", "hashmap"];
const ids = (list: Float64Array): number[] => [...list];

describe.each(TYPES)("Freelist of type %s", (type) => {
  const list = (spans: [number, number][] = []): Freelist =>
    new Freelist(
      type,
      "between-readers",
      spans.map(([start, length]) => ({ start, length })),
    );

  test("allocate() takes contiguous pages and says 0 when there is no such run", () => {
    const free = list([
      [3, 5],
      [9, 1],
      [12, 2],
    ]);
    expect(free.allocate(1, 3)).toBe(3);
    expect(free.allocate(1, 3)).toBe(0);
    expect(free.allocate(1, 1)).toBe(type === "array" ? 6 : 9);
    expect(free.freeCount).toBe(4);
  });

  test("free() keeps pages pending until release(), overflow pages included", () => {
    const free = list();
    free.free(100, 12, 3);
    expect(free.pendingCount).toBe(4);
    expect(free.freeCount).toBe(0);
    expect(free.isUnused(15)).toBe(true);
    expect(ids(free.unusedIds())).toEqual([12, 13, 14, 15]);
    free.release([]);
    expect(free.pendingCount).toBe(0);
    expect(ids(free.freeIds())).toEqual([12, 13, 14, 15]);
  });

  test("free() refuses a page that is free or pending, and the metas", () => {
    const free = list([[5, 1]]);
    expect(() => free.free(100, 5, 0)).toThrow("already free");
    free.free(100, 6, 0);
    expect(() => free.free(101, 6, 0)).toThrow("already free");
    expect(() => free.free(101, 1, 0)).toThrow("cannot be freed");
  });

  test("unusedIds() lists what a transaction gave up, however much that is", () => {
    const free = list([[2, 1]]);
    const count = 300_000;
    for (let i = 0; i < count; i++) free.free(100, 4 + 2 * i, 0);
    const unused = free.unusedIds();
    expect(unused.length).toBe(count + 1);
    expect([unused[0], unused[1], unused.at(-1)]).toEqual([2, 4, 2 + 2 * count]);
  });

  test("release() joins neighbours, so that long runs can be allocated again", () => {
    const free = list([
      [5, 2],
      [9, 1],
    ]);
    free.free(100, 7, 1);
    free.release([]);
    expect(free.allocate(101, 5)).toBe(5);
  });

  test("release() lets wait what the oldest reader may see", () => {
    const free = list();
    free.free(100, 9, 0);
    free.free(102, 39, 0);
    free.release([101]);
    expect(ids(free.freeIds())).toEqual([9]);
    free.release([]);
    expect(ids(free.freeIds())).toEqual([9, 39]);
  });

  test("trim() forgets the free pages at the end, until rollback()", () => {
    const free = list([
      [3, 2],
      [8, 4],
    ]);
    expect(free.trim(12)).toBe(8);
    expect([free.freeCount, free.isUnused(8), free.isUnused(3)]).toEqual([2, false, true]);
    expect(free.trim(8)).toBe(8);
    free.rollback(1);
    expect(ids(free.freeIds())).toEqual([3, 4, 8, 9, 10, 11]);
    expect(free.trim(11)).toBe(11);
  });

  test("rollback() takes back what was given up and gives back what was taken", () => {
    const free = list([[20, 10]]);
    const taken = free.allocate(50, 4);
    free.commit();
    free.allocate(51, 3);
    free.free(51, taken, 3);
    free.rollback(51);
    expect(free.pendingCount).toBe(0);
    expect(free.freeCount).toBe(6);
    expect(free.isUnused(taken)).toBe(false);
    // The page is still known as allocated by 50: given up by 52 between readers, it is free.
    free.free(52, taken, 3);
    free.release([49]);
    expect(free.freeCount).toBe(10);
  });

  test("allocate, free, release and rollback agree with a naive model", () => {
    const seed = Number(process.env["SEED"] ?? 7);
    const random = new SeededRandom(seed);
    for (let round = 0; round < 50; round++) modelRound(type, random, `SEED=${seed}`);
  });
});

/** Used, pending and free pages as plain sets; every page is in exactly one. */
function modelRound(type: FreelistType, random: SeededRandom, hint: string): void {
  const free = new Freelist(type, "between-readers", [{ start: 2, length: 40 }]);
  const used = new Map<number, number>();
  const freeSet = new Set<number>(Array.from({ length: 40 }, (_, i) => i + 2));
  let pending = new Set<number>();
  for (let txid = 1; txid < 30; txid++) {
    free.release([]);
    for (const id of pending) freeSet.add(id);
    pending = new Set();
    const taken: [number, number][] = [];
    const given: [number, number][] = [];
    for (const [start, length] of used) {
      if (!random.chance(0.4)) continue;
      free.free(txid, start, length - 1);
      given.push([start, length]);
    }
    for (let i = random.below(6); i > 0; i--) {
      const length = 1 + random.below(4);
      const start = free.allocate(txid, length);
      if (start !== 0) taken.push([start, length]);
    }
    if (random.chance(0.3)) free.rollback(txid);
    else {
      free.commit();
      for (const [start, length] of given) {
        used.delete(start);
        for (let id = start; id < start + length; id++) pending.add(id);
      }
      for (const [start, length] of taken) {
        used.set(start, length);
        for (let id = start; id < start + length; id++) {
          expect(freeSet.delete(id), `${hint}: page ${id} was not free`).toBe(true);
        }
      }
    }
    expect(free.pendingCount).toBe(pending.size);
    expect(ids(free.freeIds()), hint).toEqual([...freeSet].sort((a, b) => a - b));
    const unused = [...freeSet, ...pending].sort((a, b) => a - b);
    expect(ids(free.unusedIds()), hint).toEqual(unused);
  }
}

/**
 * Transactions, readers and what is free, as in bbolt's tests of release ranges: pages by
 * [id, allocated by, given up by].
 */
const RANGES: {
  name: string;
  readers: number[];
  pages: [number, number, number][];
  between: number[];
  oldest: number[];
}[] = [
  {
    name: "no reader: all",
    readers: [],
    pages: [[3, 100, 200]],
    between: [3],
    oldest: [3],
  },
  {
    name: "allocated and given up after the only reader",
    readers: [150],
    pages: [[3, 160, 170]],
    between: [3],
    oldest: [],
  },
  {
    name: "allocated before the reader, given up after it: the reader sees it",
    readers: [150],
    pages: [[3, 140, 170]],
    between: [],
    oldest: [],
  },
  {
    name: "allocated and given up between two readers",
    readers: [100, 200],
    pages: [
      [3, 110, 190],
      [4, 90, 190],
      [5, 110, 210],
      [6, 50, 90],
      [7, 201, 202],
    ],
    between: [3, 6, 7],
    oldest: [6],
  },
  {
    name: "allocated by the transaction that a reader began after: it may see it",
    readers: [100],
    pages: [[3, 100, 101]],
    between: [],
    oldest: [],
  },
  {
    name: "given up by the transaction that a reader began after: kept, as bbolt keeps it",
    readers: [100],
    pages: [[3, 90, 100]],
    between: [],
    oldest: [],
  },
  {
    name: "unknown allocator: only by age",
    readers: [100],
    pages: [
      [3, 0, 101],
      [4, 0, 99],
    ],
    between: [4],
    oldest: [4],
  },
];

describe.each(TYPES)("release of freelist type %s", (type) => {
  test.each(RANGES)("$name", ({ readers, pages, between, oldest }) => {
    for (const policy of ["between-readers", "oldest-reader"] as const) {
      const free = new Freelist(type, policy, []);
      for (const [id, allocatedBy] of pages) if (allocatedBy !== 0) free.allocated(allocatedBy, id);
      free.commit();
      for (const [id, , givenUpBy] of pages) free.free(givenUpBy, id, 0);
      free.release(readers);
      expect(ids(free.freeIds()), policy).toEqual(policy === "oldest-reader" ? oldest : between);
      free.release(readers);
      free.release([]);
      expect(free.freeCount).toBe(pages.length);
      expect(free.pendingCount).toBe(0);
    }
  });
});
