import { describe, expect, test } from "vitest";
import { ConfState } from "@nodetcd/messages";
import { MemoryStorage } from "../src/raft.ts";
import { bytes, entriesOfTerms } from "./group.ts";

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
});
