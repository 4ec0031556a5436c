import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { addRevision, compactRevisions, isEmpty, type KeyIndex } from "../src/key-index.ts";
import { KeyTable } from "../src/key-table.ts";
import { TreeBuilder } from "../src/tree-builder.ts";
import { TreeIndex } from "../src/tree-index.ts";
import { seeds } from "./support/settle.ts";

/** Revisions of a key, tombstones negative. */
type Naive = Map<string, number[]>;

const aliveAt = (revisions: number[], at: number): boolean =>
  (revisions.filter((r) => Math.abs(r) <= at).at(-1) ?? -1) > 0;

function naiveRange(naive: Naive, start: string, end: string | undefined, at: number): string[] {
  const keys = [...naive.keys()].filter((k) => k >= start && (end === undefined || k < end));
  return keys.filter((k) => aliveAt(naive.get(k)!, at)).sort();
}

for (const seed of seeds(6)) {
  test(`TreeIndex: splits, merges, ranges and counts at any revision equal a sorted list (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    const tree = new TreeIndex(new KeyTable(random.uint32()));
    const naive: Naive = new Map();
    const ascending = random.chance(0.3);
    let main = 1;
    let compacted = 0;
    /** A revision that is counted at again and again. */
    let remembered = 0;

    const key = (i: number): string =>
      ascending ? i.toString().padStart(8, "0") : `k\xff${random.below(3000).toString(36)}`;
    const change = (text: string, tombstone: boolean): void => {
      const entry = tree.getOrAdd(Buffer.from(text, "latin1"));
      const wasAlive = entry.main !== 0 && entry.alive;
      if (tombstone && !wasAlive) {
        if (entry.main === 0) tree.remove(entry);
        return;
      }
      main++;
      addRevision(entry, main, tombstone ? ~0 : 0);
      tree.touch(entry, wasAlive);
      naive.set(text, [...(naive.get(text) ?? []), tombstone ? -main : main]);
    };
    const compact = (at: number): void => {
      compacted = at;
      for (let from: string | undefined = ""; from !== undefined;) {
        const chunk = tree.chunkFrom(from);
        const emptied: KeyIndex[] = [];
        for (const entry of chunk.entries.slice(chunk.from)) {
          compactRevisions(entry, at);
          if (isEmpty(entry)) emptied.push(entry);
        }
        for (const entry of emptied) tree.remove(entry);
        from = chunk.next;
      }
      for (const [text, revisions] of naive) {
        const newest = revisions.filter((r) => Math.abs(r) <= at).at(-1);
        const kept = revisions.filter(
          (r) => Math.abs(r) > at || r === -at || (r === newest && r > 0),
        );
        if (kept.length === 0) naive.delete(text);
        else naive.set(text, kept);
      }
    };
    const compare = (): void => {
      const bounds = [...naive.keys()];
      const start = bounds.length > 0 ? random.pick(bounds) : "";
      const end = random.chance(0.3) || bounds.length === 0 ? undefined : random.pick(bounds);
      const at = compacted + random.below(main - compacted + 1);
      const expected = naiveRange(naive, start, end, at);
      const all: KeyIndex[] = [];
      tree.collect(start, end, at, 0, all);
      expect(all.map((entry) => entry.key)).toEqual(expected);
      expect(tree.count(start, end, at)).toBe(expected.length);
      // Again, now that chunks may know; and in parts.
      expect(tree.count("", undefined, at)).toBe(naiveRange(naive, "", undefined, at).length);
      remembered = random.chance(0.3) || remembered < compacted ? at : remembered;
      const then = naiveRange(naive, "", undefined, remembered).length;
      let counted = 0;
      for (let from: string | undefined = ""; from !== undefined;) {
        const some = tree.countSome(from, undefined, remembered, random.below(600));
        counted += some.count;
        from = some.next;
      }
      expect(counted).toBe(then);
      const between = [...naive.keys()].filter((k) => k >= start && (end === undefined || k < end));
      expect(tree.spansMoreThan(start, end, between.length)).toBe(false);
      if (between.length > 0) {
        expect(tree.spansMoreThan(start, end, between.length - 1)).toBe(true);
      }
      const few: KeyIndex[] = [];
      tree.collect(start, end, at, 7, few);
      expect(few.map((entry) => entry.key)).toEqual(expected.slice(0, 7));
    };

    for (let i = 0; i < 6000; i++) {
      change(key(i), random.chance(i < 3500 ? 0.2 : 0.7));
      if (i % 100 === 0) compare();
      if (i % 900 === 899) compact(compacted + random.below(main - compacted + 1));
    }
    compare();
    expect(tree.size).toBe(naive.size);
    expect(tree.alive).toBe(naiveRange(naive, "", undefined, main).length);
    for (const text of naive.keys()) expect(tree.get(Buffer.from(text, "latin1"))?.key).toBe(text);
    expect(tree.get(Buffer.from("no such key"))).toBeUndefined();
    compact(main);
    for (const text of naiveRange(naive, "", undefined, main)) change(text, true);
    compact(main + 1);
    expect([tree.size, tree.alive]).toEqual([0, 0]);
  });
}

test("TreeIndex.count: what a chunk remembers of an old revision does not outlive a merge of chunks", () => {
  const tree = new TreeIndex(new KeyTable(1));
  const entries = Array.from({ length: 300 }, (_, i) =>
    tree.getOrAdd(Buffer.from(String(i).padStart(4, "0"))),
  );
  let main = 1;
  const change = (entry: KeyIndex, sub: number): void => {
    const wasAlive = entry.main !== 0 && entry.alive;
    addRevision(entry, ++main, sub);
    tree.touch(entry, wasAlive);
  };
  for (const entry of entries) change(entry, 0);
  for (const entry of entries.slice(10, 245)) change(entry, ~0);
  const then = ++main;
  // Both chunks have something newer, so that they are walked and remember.
  for (const entry of [entries[0]!, entries[299]!]) change(entry, 0);
  expect(tree.count("", undefined, then)).toBe(65);
  for (const entry of entries) {
    compactRevisions(entry, then);
    if (isEmpty(entry)) tree.remove(entry);
  }
  expect(tree.chunkFrom("").next).toBeUndefined();
  expect(tree.count("", undefined, then)).toBe(65);
});

for (const keys of [0, 1, 2047, 2048, 2049, 9001]) {
  test(`TreeBuilder: ${keys} keys in any order make the index that adding them one by one makes`, () => {
    const random = new SeededRandom(keys);
    const builder = new TreeBuilder(7);
    const oneByOne = new TreeIndex(new KeyTable(7));
    for (let i = 0; i < keys; i++) {
      const key = Buffer.from(random.uint32().toString(36));
      const sub = random.chance(0.8) ? 0 : ~0;
      addRevision(builder.getOrAdd(key), i + 2, sub);
      const entry = oneByOne.getOrAdd(key);
      addRevision(entry, i + 2, sub);
      oneByOne.touch(entry, false);
      expect(builder.getOrAdd(key).main).toBe(i + 2);
    }
    const work = builder.finish();
    let step = work.next();
    while (step.done !== true) step = work.next();
    const built = step.value;
    expect([built.size, built.alive]).toEqual([oneByOne.size, oneByOne.alive]);
    const list = (tree: TreeIndex): string[] => {
      const entries: KeyIndex[] = [];
      tree.collect("", undefined, keys / 2, 0, entries);
      return entries.map((entry) => entry.key);
    };
    expect(list(built)).toEqual(list(oneByOne));
    for (const at of [1, keys / 2, keys + 2]) {
      expect(built.count("1", "x", at)).toBe(oneByOne.count("1", "x", at));
    }
    const late = built.getOrAdd(Buffer.from("late"));
    addRevision(late, keys + 2, 0);
    built.touch(late, false);
    expect(built.count("late", "late\0", keys + 2)).toBe(1);
  });
}
