import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import type { RangeReader, Store, StoredKeyValue } from "../src/mvcc.ts";
import { MemoryBackend } from "./support/memory-backend.ts";
import { bytes, open, put, remove } from "./support/open.ts";
import { seeds, settle } from "./support/settle.ts";

const ALL_KEYS = bytes("\0");

const code = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "no error";
};

/** A pair as text, with all that is in its bytes unless only the key is wanted. */
function show(pair: StoredKeyValue, keysOnly: boolean): string {
  const { createRevision, modRevision, version, lease } = pair;
  const key = Buffer.from(pair.key).toString("latin1");
  const about = `${key} ${createRevision} ${modRevision} ${version}`;
  if (keysOnly) return `${about} ${Buffer.from(pair.value).length} ${lease}`;
  return `${about} ${Buffer.from(pair.bytes).toString("hex")} ${lease}`;
}

/** Reads a slice that ends as soon as the reader looks at the clock; adds to `into`. */
function readSlice(reader: RangeReader, keysOnly: boolean, into: string[]): number {
  reader.beginSlice(-Infinity);
  let read = 0;
  for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
    into.push(show(pair, keysOnly));
    read++;
  }
  return read;
}

function change(store: Store, random: SeededRandom): void {
  const key = (): string => `k${random.below(600)}`;
  const txn = store.beginWrite();
  for (let i = random.below(8); i >= 0; i--) {
    if (random.chance(0.7)) txn.put(bytes(key()), bytes("v".repeat(random.below(90))), 0n);
    else if (random.chance(0.9)) txn.deleteRange(bytes(key()), undefined);
    else {
      const from = key();
      txn.deleteRange(bytes(from), bytes(`${from}~`));
    }
  }
  txn.end();
}

for (const seed of seeds(12)) {
  test(`RangeReader: slices with changes and compactions between them give what the range was at first (SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    // Without a cache everything comes from the backend, whose lent memory is overwritten by commits.
    const cacheBytes = random.chance(0.5) ? 0 : undefined;
    const { store, clock, backend } = await open(new MemoryBackend(), { cacheBytes });
    let slices = 0;
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 100; i++) change(store, random);
      const keysOnly = random.chance(0.5);
      const oldest = Math.max(store.compactRevision, 1);
      const revision = random.chance(0.3) ? 0 : oldest + random.below(store.revision - oldest + 1);
      const [start, end] = random.chance(0.5)
        ? [ALL_KEYS, ALL_KEYS]
        : [bytes(`k${random.below(400)}`), bytes(`k${random.below(700)}~`)];
      const expected = store
        .range(start, end, { revision })
        .keyValues.map((pair) => show(pair, keysOnly).replace(/ \d+ -?\d+$/, keysOnly ? "" : "$&"));

      const found: string[] = [];
      const reader = store.readRange(start, end, { revision, keysOnly, holdsHistory: true });
      const compactions: Promise<void>[] = [];
      while (!reader.done) {
        slices++;
        readSlice(reader, keysOnly, found);
        change(store, random);
        if (random.chance(0.3)) await backend.commit();
        if (random.chance(0.2) && store.compactRevision < store.revision) {
          compactions.push(store.compact(store.revision).done);
        }
        await clock.advanceAsync(1);
        if (random.chance(0.1)) {
          reader.beginSlice(Infinity);
          reader.countRest();
        }
      }
      const read = found.map((line) => (keysOnly ? line.replace(/ 0 0$/, "") : line));
      expect(read).toEqual(expected.slice(0, read.length));
      expect(reader.count).toBe(expected.length);
      reader.close();
      await settle(clock, Promise.all(compactions));
    }
    expect(slices).toBeGreaterThan(24);
    await store.close();
  });
}

test("RangeReader: a compaction above its revision deletes nothing before it is closed", async () => {
  const { store, clock } = await open();
  const first = put(store, "a", "1");
  put(store, "b", "1");
  put(store, "a", "2");
  remove(store, "b");
  const reader = store.readRange(ALL_KEYS, ALL_KEYS, { revision: first + 1, holdsHistory: true });
  let compacted = false;
  const { done } = store.compact(store.revision);
  void done.then(() => (compacted = true));
  await clock.advanceAsync(1000, 5);
  expect(compacted).toBe(false);
  expect(code(() => store.readRange(ALL_KEYS, ALL_KEYS, { revision: first + 1 }))).toBe(
    "COMPACTED",
  );
  const found: string[] = [];
  while (!reader.done) readSlice(reader, true, found);
  expect(found).toEqual([`a ${first} ${first} 1 1 0`, `b ${first + 1} ${first + 1} 1 1 0`]);
  reader.close();
  await settle(clock, done);
});

test("RangeReader: one that does not hold the history raises COMPACTED once its revision is gone", async () => {
  const { store } = await open();
  for (let i = 0; i < 100; i++) put(store, `k${i}`);
  const reader = store.readRange(ALL_KEYS, ALL_KEYS, {});
  expect(readSlice(reader, false, [])).toBeLessThan(100);
  put(store, "k0");
  await Promise.resolve(store.compact(store.revision));
  expect(code(() => reader.beginSlice(Infinity))).toBe("COMPACTED");
  reader.close();
});

test("RangeReader: a closed store raises CLOSED, and waits for readers that hold its history", async () => {
  const { store, clock } = await open();
  put(store, "a");
  const reader = store.readRange(ALL_KEYS, ALL_KEYS, { holdsHistory: true });
  let closed = false;
  const closing = store.close().then(() => (closed = true));
  await clock.advanceAsync(10);
  expect(code(() => reader.beginSlice(Infinity))).toBe("CLOSED");
  expect(closed).toBe(false);
  reader.close();
  await settle(clock, closing);
});

test("RangeReader: values read by the way do not push others out of the cache", async () => {
  const { store, backend } = await open(new MemoryBackend(), { cacheBytes: 256 * 1024 });
  for (let i = 0; i < 2000; i++) put(store, `k${i}`, "v".repeat(1000));
  await backend.commit();
  const before = store.cachedBytes;
  const reader = store.readRange(ALL_KEYS, ALL_KEYS, {});
  while (!reader.done) readSlice(reader, false, []);
  expect([reader.count, store.cachedBytes]).toEqual([2000, before]);
});

test("Store.spansMoreThan: counts what lies between, deleted keys too, and stops when it knows", async () => {
  const { store } = await open();
  for (let i = 0; i < 1000; i++) put(store, `k${String(i).padStart(4, "0")}`);
  remove(store, "k", "l");
  const spans = (from: string, to: string, keys: number): boolean =>
    store.spansMoreThan(bytes(from), bytes(to), keys);
  expect([spans("k", "l", 999), spans("k", "l", 1000)]).toEqual([true, false]);
  expect([spans("k0100", "k0200", 99), spans("k0100", "k0200", 100)]).toEqual([true, false]);
  expect([spans("k0900", "\0", 99), spans("k0900", "\0", 100)]).toEqual([true, false]);
  expect([spans("k0200", "k0100", 0), spans("z", "\0", 0), spans("a", "b", 0)]).toEqual([
    false,
    false,
    false,
  ]);
});

test("Store.range: keys alone are what the index has, at the newest revision and at older ones", async () => {
  const { store } = await open(new MemoryBackend(), { cacheBytes: 0 });
  const long = "k".repeat(300);
  const first = put(store, "a", "1", 7n);
  put(store, long, "1");
  const second = put(store, "a", "2", 7n);
  const keys = (revision: number): string[] =>
    store
      .range(ALL_KEYS, ALL_KEYS, { revision, keysOnly: true })
      .keyValues.map((pair) => show(pair, true));
  expect(keys(0)).toEqual([
    `a ${first} ${second} 2 0 0`,
    `${long} ${first + 1} ${first + 1} 1 0 0`,
  ]);
  expect(keys(first)).toEqual([`a ${first} ${first} 1 0 0`]);
});
