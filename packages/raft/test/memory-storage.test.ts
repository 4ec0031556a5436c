import { describe, expect, test } from "vitest";
import { ConfState, type Entry } from "@nodetcd/messages";
import { SeededRandom } from "@nodetcd/simulator";
import { normalEntry } from "../src/entry.ts";
import { MemoryStorage } from "../src/raft.ts";
import { bytes, entriesOfTerms } from "./group.ts";

const SEED = Number(process.env["SEED"] ?? 1);

function storageWith(terms: readonly number[]): MemoryStorage {
  const storage = new MemoryStorage();
  storage.append(entriesOfTerms(terms));
  return storage;
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return undefined;
}

function indexes(storage: MemoryStorage, low: number, high: number, maxBytes = Infinity): number[] {
  return storage.entries(low, high, maxBytes).map((entry) => entry.index);
}

const snapshotAt = (index: number, term: number) => ({
  data: bytes("state"),
  metadata: { confState: { ...ConfState.create(), voters: [1n] }, index, term },
});

describe("MemoryStorage", () => {
  test("term knows the entry before the first and refuses what is beyond either end", () => {
    const storage = storageWith([1, 1, 2, 3]);
    storage.compact(2);
    expect([2, 3, 4].map((index) => storage.term(index))).toEqual([1, 2, 3]);
    expect(codeOf(() => storage.term(1))).toBe("COMPACTED");
    expect(codeOf(() => storage.term(5))).toBe("UNAVAILABLE");
    expect([storage.firstIndex(), storage.lastIndex()]).toEqual([3, 4]);
  });

  test("entries gives at least one and stops before the bound", () => {
    const storage = storageWith([1, 1, 1, 1]);
    const one = 9; // term, index and three bytes of data with their tags
    expect(indexes(storage, 1, 5)).toEqual([1, 2, 3, 4]);
    expect(indexes(storage, 1, 5, 0)).toEqual([1]);
    expect(indexes(storage, 1, 5, 2 * one)).toEqual([1, 2]);
    expect(indexes(storage, 1, 5, 3 * one - 1)).toEqual([1, 2]);
    expect(indexes(storage, 2, 3, 100)).toEqual([2]);
    expect(codeOf(() => new MemoryStorage().entries(1, 1, 1))).toBe("UNAVAILABLE");
    expect(codeOf(() => storage.entries(0, 2, 1))).toBe("COMPACTED");
    expect(() => storage.entries(1, 6, 1)).toThrow("out of bound");
  });

  test("append replaces from the first index on, skips what is compacted, refuses a gap", () => {
    const storage = storageWith([1, 1, 1, 1]);
    storage.append(entriesOfTerms([1, 1, 2]).slice(2));
    expect([storage.lastIndex(), storage.term(3)]).toEqual([3, 2]);
    storage.compact(2);
    storage.append(entriesOfTerms([9, 9, 3, 3]));
    expect([storage.firstIndex(), storage.term(2), storage.term(3)]).toEqual([3, 1, 3]);
    storage.append(entriesOfTerms([1]));
    expect(storage.lastIndex()).toBe(4);
    expect(() => storage.append(entriesOfTerms([1, 1, 1, 1, 1, 3]).slice(5))).toThrow("missing");
  });

  test("arrays it gave out do not change with it", () => {
    const storage = storageWith([1, 1, 1]);
    const given = storage.entries(1, 4, Infinity);
    storage.append(entriesOfTerms([1, 2]).slice(1));
    storage.compact(1);
    expect(given.map((entry) => entry.term)).toEqual([1, 1, 1]);
  });

  test("createSnapshot, compact and applySnapshot refuse what is old", () => {
    const storage = storageWith([1, 1, 2]);
    const confState = { ...ConfState.create(), voters: [1n, 2n] };
    const made = storage.createSnapshot(2, confState, bytes("x"));
    expect(made.metadata).toEqual({ confState, index: 2, term: 1 });
    expect(storage.initialState().confState).toEqual(confState);
    expect(codeOf(() => storage.createSnapshot(2, undefined, bytes("y")))).toBe(
      "SNAPSHOT_OUT_OF_DATE",
    );
    expect(storage.createSnapshot(3, undefined, bytes("y")).metadata?.confState).toEqual(confState);
    storage.compact(3);
    expect(codeOf(() => storage.compact(3))).toBe("COMPACTED");
    expect(codeOf(() => storage.applySnapshot(snapshotAt(3, 2)))).toBe("SNAPSHOT_OUT_OF_DATE");
    storage.applySnapshot(snapshotAt(7, 4));
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(7)]).toEqual([8, 7, 4]);
    expect(storage.snapshot().data).toEqual(bytes("state"));
  });

  test("moveOut takes the oldest entries out of memory: they are read back, and their terms are known", () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 60; round++) {
      const all: Entry[] = [];
      const [storage, whole] = [new MemoryStorage(), new MemoryStorage()];
      storage.readOlder = (low, high, maxBytes) => {
        const window = all.slice(low - 1, high - 1);
        let bytes = 0;
        const end = window.findIndex((entry) => (bytes += entry.data.length + 32) > maxBytes);
        return end < 0 ? window : window.slice(0, Math.max(1, end));
      };
      for (let term = 1; term < 20; term++) {
        const fresh = Array.from({ length: random.below(8) }, (_, i) => ({
          ...normalEntry(Buffer.alloc(random.below(100))),
          term,
          index: all.length + 1 + i,
        }));
        all.push(...fresh);
        storage.append(fresh);
        whole.append(fresh);
        const last = all.length;
        if (random.chance(0.5)) {
          const upTo = random.below(last + 1);
          storage.moveOut(200, upTo);
          const kept = Math.max(storage.firstIndex(), upTo + 1);
          const bytes = all.slice(kept - 1).reduce((sum, { data }) => sum + data.length, 0);
          expect(storage.bytes).toBeLessThanOrEqual(Math.max(200, bytes));
        }
        if (random.chance(0.2) && last >= storage.firstIndex()) {
          const index = storage.firstIndex() + random.below(last - storage.firstIndex() + 1);
          storage.compact(index);
          whole.compact(index);
        }
        expect([storage.firstIndex(), storage.lastIndex()]).toEqual([whole.firstIndex(), last]);
        for (let index = whole.firstIndex() - 1; index <= last; index++) {
          expect(storage.term(index)).toBe(whole.term(index));
        }
        for (let low = whole.firstIndex(); low <= last;) {
          const some = storage.entries(low, last + 1, 150);
          expect(some).toEqual(all.slice(low - 1, low - 1 + some.length));
          low += some.length;
        }
      }
    }
  });

  test("entries that cannot be read back are as if they were compacted", () => {
    const storage = storageWith([1, 1, 1]);
    storage.append([{ ...normalEntry(bytes("data")), term: 1, index: 4 }]);
    storage.moveOut(0, 4);
    expect(indexes(storage, 1, 5)).toEqual([1, 2, 3, 4]);
    storage.readOlder = () => undefined;
    storage.moveOut(0, 4);
    expect(codeOf(() => storage.entries(1, 5, Infinity))).toBe("COMPACTED");
    expect(storage.term(4)).toBe(1);
    expect(codeOf(() => storage.snapshot())).toBe("SNAPSHOT_TEMPORARILY_UNAVAILABLE");
    storage.createSnapshot(3, undefined, bytes("state"));
    expect(storage.snapshot().metadata?.index).toBe(3);
  });
});
