import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryType, type Entry } from "@nodetcd/messages";
import { entriesSize } from "../src/entry.ts";
import { RaftLog, UNKNOWN_TERM } from "../src/log.ts";
import { MemoryStorage } from "../src/raft.ts";
import { bytes, entriesOfTerms } from "./group.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

/** Entries of these terms, the first `stable` of them in storage. */
function logOf(terms: readonly number[], stable = 0): RaftLog {
  const storage = new MemoryStorage();
  const entries = entriesOfTerms(terms);
  storage.append(entries.slice(0, stable));
  const log = new RaftLog(storage, Infinity, undefined);
  log.append(entries.slice(stable));
  return log;
}

function termsOf(log: RaftLog): number[] {
  return (log.entriesFrom(log.firstIndex(), Infinity) ?? []).map((entry) => entry.term);
}

describe("RaftLog", () => {
  test("isUpToDate compares the last term first, then the length", () => {
    const log = logOf([1, 1, 2]);
    const cases: [number, number, boolean][] = [
      [3, 1, true],
      [2, 3, true],
      [2, 4, true],
      [2, 2, false],
      [1, 9, false],
    ];
    for (const [term, index, expected] of cases) {
      expect(log.isUpToDate(term, index), `${term}/${index}`).toBe(expected);
    }
  });

  test("maybeAppend keeps what matches, replaces what conflicts, refuses a gap", () => {
    const entry = (term: number, index: number): Entry => ({
      type: EntryType.EntryNormal,
      term,
      index,
      data: bytes("x"),
    });
    const log = logOf([1, 2, 3]);
    expect(log.maybeAppend(3, 2, [], 3)).toBe(-1);
    expect(log.maybeAppend(3, 4, [entry(4, 5)], 3)).toBe(-1);
    expect(log.maybeAppend(1, 1, [entry(2, 2)], 1)).toBe(2);
    expect(termsOf(log)).toEqual([1, 2, 3]);
    expect(log.maybeAppend(1, 1, [entry(2, 2), entry(4, 3), entry(4, 4)], 2)).toBe(4);
    expect(termsOf(log)).toEqual([1, 2, 4, 4]);
    expect(log.committed).toBe(2);
    expect(() => log.maybeAppend(0, 0, [entry(9, 1)], 0)).toThrow("conflict with committed");
  });

  test("maybeAppend commits no further than what the message shows to match", () => {
    const log = logOf([1, 1, 1, 1]);
    log.maybeAppend(1, 1, entriesOfTerms([1, 1]).slice(1), 4);
    expect(log.committed).toBe(2);
  });

  test("findConflictByTerm finds the last index at or below the term", () => {
    const log = logOf([2, 2, 5, 5, 5], 3);
    log.storage.entries(1, 2, 0);
    expect(log.findConflictByTerm(5, 5)).toEqual({ index: 5, term: 5 });
    expect(log.findConflictByTerm(5, 4)).toEqual({ index: 2, term: 2 });
    expect(log.findConflictByTerm(5, 1)).toEqual({ index: 0, term: 0 });
    expect(log.findConflictByTerm(9, 3)).toEqual({ index: 9, term: 0 });
  });

  test("entries leave the unstable part only when their term is still theirs", () => {
    const log = logOf([1, 1, 1]);
    log.unstable.acceptInProgress();
    log.append([{ ...entriesOfTerms([1, 1, 2])[2]! }]);
    expect(log.unstable.nextEntries().map((entry) => entry.index)).toEqual([3]);
    log.unstable.stableTo(1, 3);
    expect(log.unstable.length).toBe(3);
    log.unstable.stableTo(1, 2);
    expect([log.unstable.offset, log.unstable.inProgressEnd, log.unstable.length]).toEqual([
      3, 3, 1,
    ]);
    log.unstable.stableTo(2, 7);
    expect(log.unstable.length).toBe(1);
  });

  test("a snapshot takes the place of all and holds back what follows it", () => {
    const log = logOf([1, 1]);
    const metadata = { confState: undefined, index: 9, term: 3 };
    log.restore({ data: bytes("s"), metadata });
    expect([log.firstIndex(), log.lastIndex(), log.lastTerm(), log.committed]).toEqual([
      10, 9, 3, 9,
    ]);
    expect([log.term(9), log.term(8), log.term(10)]).toEqual([3, UNKNOWN_TERM, UNKNOWN_TERM]);
    log.append([{ type: EntryType.EntryNormal, term: 3, index: 10, data: bytes("x") }]);
    log.commitTo(10);
    expect(log.hasNextCommitted(true)).toBe(false);
    log.unstable.stableSnapshotTo(9);
    log.appliedTo(9, 0);
    expect(log.nextCommitted(true).map((entry) => entry.index)).toEqual([10]);
  });

  test("broken invariants stop the node with what and where", () => {
    const log = logOf([1, 1, 1]);
    log.commitTo(2);
    expect(() => log.commitTo(4)).toThrow("tocommit(4) is out of range [lastIndex(3)]");
    expect(() => log.appliedTo(3, 0)).toThrow("applied(3) is out of range");
    expect(() => log.append(entriesOfTerms([1]))).toThrow("after(0) is out of range");
    expect(() => log.slice(3, 2, 1)).toThrow("invalid slice");
    expect(() => log.slice(1, 9, 1)).toThrow("out of bound");
  });

  test(`slice is the same wherever storage ends and entries were compacted (seed ${seed})`, () => {
    const cases = fc.record({
      lengths: fc.array(fc.nat(20), { minLength: 1, maxLength: 12 }),
      stable: fc.nat(12),
      compacted: fc.nat(12),
      low: fc.nat(12),
      size: fc.nat(12),
      maxBytes: fc.oneof(fc.nat(120), fc.constant(Infinity)),
    });
    fc.assert(
      fc.property(cases, ({ lengths, ...rest }) => {
        const entries = lengths.map((length, i): Entry => {
          return {
            type: EntryType.EntryNormal,
            term: 1,
            index: i + 1,
            data: new Uint8Array(length),
          };
        });
        const stable = Math.min(rest.stable, entries.length);
        const compacted = Math.min(rest.compacted, stable);
        const storage = new MemoryStorage();
        storage.append(entries.slice(0, stable));
        if (compacted > 0) storage.compact(compacted);
        const log = new RaftLog(storage, Infinity, undefined);
        log.append(entries.slice(stable));

        const low = Math.min(1 + rest.low, entries.length);
        const high = Math.min(low + rest.size, entries.length + 1);
        const actual = log.slice(low, high, rest.maxBytes);
        if (low <= compacted) {
          expect(actual).toBeUndefined();
          return;
        }
        let expected = entries.slice(low - 1, high - 1);
        while (expected.length > 1 && entriesSize(expected) > rest.maxBytes) {
          expected = expected.slice(0, -1);
        }
        expect(actual).toEqual(expected);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
