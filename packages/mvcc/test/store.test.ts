import { crc32c } from "@nodetcd/bytes";
import { EventType, KeyValue } from "@nodetcd/messages";
import { expect, test } from "vitest";
import { type BackendLike, revisionKey, type Store, type WatchResponse } from "../src/mvcc.ts";
import { hex, MemoryBackend } from "./support/memory-backend.ts";
import { bytes, open, put, remove } from "./support/open.ts";
import { settle } from "./support/settle.ts";

const code = (error: unknown): unknown => (error as { code?: unknown }).code;
const refusal = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return code(error);
  }
  return "no error";
};

/** What a watcher on everything from `start` on is given, as "PUT key@revision". */
async function watched(
  store: Store,
  clock: { advanceAsync(ms: number): Promise<void> },
  start: number,
): Promise<string[]> {
  const seen: string[] = [];
  const stream = store.watches.openStream(({ events, compactRevision }) => {
    if (compactRevision !== 0) seen.push(`compacted ${compactRevision}`);
    for (const { type, keyValue } of events) {
      const word = type === EventType.DELETE ? "DELETE" : "PUT";
      seen.push(`${word} ${Buffer.from(keyValue.key).toString()}@${keyValue.modRevision}`);
    }
    return true;
  });
  stream.watch({ key: bytes("\0"), end: bytes("\0"), startRevision: start });
  await clock.advanceAsync(20);
  stream.close();
  return seen;
}

test("openStore: an empty store is at revision 1, the first put makes 2", async () => {
  const { store } = await open();
  expect([store.revision, store.compactRevision]).toEqual([1, -1]);
  expect(put(store, "a")).toBe(2);
  expect(store.revision).toBe(2);
});

test("put: the record is byte for byte the one etcd writes", async () => {
  const { store, backend } = await open();
  put(store, "foo", "bar");
  put(store, "foo", "", 0x1234n);
  remove(store, "foo");
  expect(backend.dump("key")).toEqual([
    `0000000000000002${"5f"}0000000000000000 0a03666f6f10021802200${"1"}2a03626172`,
    `00000000000000035f0000000000000000 0a03666f6f10021803200230b424`,
    `00000000000000045f000000000000000074 0a03666f6f`,
  ]);
});

test("put: createRevision and version start again after a delete", async () => {
  const { store } = await open();
  put(store, "a");
  put(store, "a");
  remove(store, "a");
  put(store, "a");
  expect(store.get(bytes("a"))).toMatchObject({ createRevision: 5, modRevision: 5, version: 1 });
});

test("WriteTransaction: changes share a main revision, and range sees them one revision up", async () => {
  const { store, backend } = await open();
  put(store, "a", "old");
  const txn = store.beginWrite();
  expect(txn.range(bytes("a"), undefined).revision).toBe(2);
  expect(txn.deleteRange(bytes("a"), undefined)).toBe(1);
  expect(txn.put(bytes("a"), bytes("new"), 0n)).toBe(3);
  txn.put(bytes("b"), bytes("new"), 0n);
  const inside = txn.range(bytes("a"), bytes("\0"));
  expect([inside.revision, inside.count, inside.keyValues[0]?.version]).toEqual([3, 2, 1]);
  txn.end();
  expect(backend.dump("key").map((line) => line.slice(0, 36).trim().split(" ")[0])).toEqual([
    hex(revisionKey(2, 0)),
    hex(revisionKey(3, 0, true)),
    hex(revisionKey(3, 1)),
    hex(revisionKey(3, 2)),
  ]);
  expect(store.range(bytes("a"), undefined, { revision: 2 }).keyValues[0]?.value).toEqual(
    new Uint8Array(bytes("old")),
  );
});

test("WriteTransaction: without a change the revision stays", async () => {
  const { store } = await open();
  const txn = store.beginWrite();
  expect(txn.deleteRange(bytes("a"), bytes("z"))).toBe(0);
  txn.end();
  expect(store.revision).toBe(1);
});

test("range: FUTURE_REVISION above the current one, COMPACTED below the compacted one only", async () => {
  const { store } = await open();
  for (let i = 0; i < 5; i++) put(store, "a", `${i}`);
  store.compact(4).done.catch(() => undefined);
  expect(refusal(() => store.range(bytes("a"), undefined, { revision: 7 }))).toBe(
    "FUTURE_REVISION",
  );
  expect(refusal(() => store.range(bytes("a"), undefined, { revision: 3 }))).toBe("COMPACTED");
  const at = store.range(bytes("a"), undefined, { revision: 4 });
  expect(Buffer.from(at.keyValues[0]!.value).toString()).toBe("2");
  expect(refusal(() => store.compact(4))).toBe("COMPACTED");
  expect(refusal(() => store.compact(7))).toBe("FUTURE_REVISION");
});

test("compact: a deletion at the compacted revision is still seen by a watcher that starts there", async () => {
  const { store, clock } = await open();
  for (const value of ["2", "3", "4"]) put(store, "k", value);
  remove(store, "k");
  put(store, "k", "6");
  await settle(clock, store.compact(5).done);
  expect(await watched(store, clock, 5)).toEqual(["DELETE k@5", "PUT k@6"]);
  expect(await watched(store, clock, 4)).toEqual(["compacted 5"]);
});

test("compact: a tombstone that is all that is left of a key survives a restart", async () => {
  const first = await open();
  put(first.store, "k");
  remove(first.store, "k");
  await settle(first.clock, first.store.compact(3).done);
  await first.store.close();
  const { store, clock, backend } = await open(first.backend);
  expect(await watched(store, clock, 3)).toEqual(["DELETE k@3"]);
  put(store, "other");
  await settle(clock, store.compact(4).done);
  expect(backend.dump("key").length).toBe(1);
});

test("openStore: the revision is never below a compaction mark, though no record tells it", async () => {
  const backend = new MemoryBackend();
  backend.put(
    "key",
    revisionKey(3, 0),
    KeyValue.encode({ key: bytes("a"), createRevision: 3, modRevision: 3, version: 1 }),
  );
  backend.put("meta", bytes("scheduledCompactRev"), revisionKey(9, 0));
  backend.put("meta", bytes("finishedCompactRev"), revisionKey(5, 0));
  const { store, clock } = await open(backend);
  expect([store.revision, store.compactRevision]).toEqual([9, 9]);
  await settle(clock, store.compactionsSettled());
  expect(hex(backend.get("meta", bytes("finishedCompactRev"))!)).toBe(hex(revisionKey(9, 0)));
  expect(store.compactHashes()).toEqual([]);
});

test("compact: commits between batches, rests, and puts the finished mark with the last batch", async () => {
  const { store, backend, clock } = await open(undefined, { compactionBatchLimit: 10 });
  for (let i = 0; i < 100; i++) put(store, "a");
  const started = clock.monotonic();
  const commits = backend.commits;
  await settle(clock, store.compact(101).done);
  expect(backend.commits - commits).toBeGreaterThanOrEqual(10);
  expect(clock.monotonic() - started).toBeGreaterThanOrEqual(9 * 10);
  expect(backend.dump("key").length).toBe(1);
  expect(store.stats.compactedKeys).toBe(99);
  const survivor = await open(backend.afterCrash());
  expect(survivor.store.compactRevision).toBe(101);
});

test("compact: closing in the middle fails `done` with CLOSED and the next start goes on", async () => {
  const first = await open(undefined, { compactionBatchLimit: 10 });
  for (let i = 0; i < 100; i++) put(first.store, "a");
  const { done } = first.store.compact(100);
  await first.clock.advanceAsync(25);
  const outcome = done.then(() => "done", code);
  await settle(first.clock, first.store.close());
  expect(await outcome).toBe("CLOSED");
  const left = first.backend.dump("key").length;
  expect(left).toBeGreaterThan(2);
  expect(left).toBeLessThan(100);
  const { store, clock, backend } = await open(first.backend);
  expect([store.revision, store.compactRevision]).toEqual([101, 100]);
  await settle(clock, store.compactionsSettled());
  expect(backend.dump("key").length).toBe(2);
});

/** The hash by its definition, over records as [main, tombstone, record bytes]. */
function hashOf(records: [Uint8Array, Uint8Array][]): number {
  let crc = crc32c(0, bytes("key"));
  for (const [key, value] of records) crc = crc32c(crc32c(crc, key), value);
  return crc;
}

test("compact: its hash covers what the previous compaction left, removed records included", async () => {
  const { store, clock, backend } = await open();
  put(store, "a"); // 2
  put(store, "b"); // 3
  remove(store, "b"); // 4
  put(store, "a"); // 5
  const parse = (line: string): [Uint8Array, Uint8Array] => {
    const [key = "", value = ""] = line.split(" ");
    return [Buffer.from(key, "hex"), Buffer.from(value, "hex")];
  };
  await settle(clock, store.compact(4).done);
  put(store, "a"); // 6
  const before = backend.dump("key").map(parse);
  expect(before.length).toBe(4); // a@2, the tombstone of b@4, a@5, a@6
  await settle(clock, store.compact(6).done);
  const [first, second] = store.compactHashes();
  expect(first).toMatchObject({ compactRevision: -1, hashRevision: 4 });
  // a@2 is superseded by now, so it counts no more; the tombstone at the old mark never does.
  expect(second).toEqual({ compactRevision: 4, hashRevision: 6, hash: hashOf(before.slice(2)) });
  expect(await settle(clock, store.hashKv(6))).toEqual(second);
});

test("hashKv: closing the store in the middle fails it with CLOSED", async () => {
  const { store, clock } = await open();
  for (let i = 0; i < 25_000; i++) put(store, `k${i}`);
  const outcome = store.hashKv(0).then(() => "done", code);
  await settle(clock, store.close());
  expect(await outcome).toBe("CLOSED");
});

test("hashKv: at a negative revision it is the hash of nothing, as in etcd", async () => {
  const { store, clock } = await open();
  put(store, "a"); // 2
  const nothing = { hash: hashOf([]), compactRevision: -1, hashRevision: -1 };
  expect(await settle(clock, store.hashKv(-1))).toEqual(nothing);
});

test("hashKv: when nothing is alive all records count, but no tombstone at the compacted revision", async () => {
  const { store, clock } = await open();
  put(store, "a"); // 2
  remove(store, "a"); // 3
  await settle(clock, store.compact(3).done);
  expect((await settle(clock, store.hashKv(0))).hash).toBe(hashOf([]));
});

test("hashKv: a key put again after it was deleted in one transaction is not kept, as in etcd", async () => {
  const { store, clock, backend } = await open();
  put(store, "d"); // 2
  const transaction = store.beginWrite();
  transaction.deleteRange(bytes("d"), undefined);
  transaction.put(bytes("d"), bytes("again"), 0n);
  transaction.end(); // 3
  put(store, "u"); // 4
  await settle(clock, store.compact(2).done);
  const records = backend.dump("key").map((line): [Uint8Array, Uint8Array] => {
    const [key = "", value = ""] = line.split(" ");
    return [Buffer.from(key, "hex"), Buffer.from(value, "hex")];
  });
  // Nothing is kept at 3, and then nothing is skipped: d@2, its tombstone, and d@3.
  expect((await settle(clock, store.hashKv(3))).hash).toBe(hashOf(records.slice(0, 3)));
});

test("compact: keeps a key that its very revision deleted and put again", async () => {
  const { store, clock, backend } = await open();
  put(store, "d"); // 2
  const transaction = store.beginWrite();
  transaction.deleteRange(bytes("d"), undefined);
  transaction.put(bytes("d"), bytes("again"), 0n);
  transaction.end(); // 3
  await settle(clock, store.compact(3).done);
  const { store: restored } = await open(backend);
  for (const each of [store, restored]) {
    expect(Buffer.from(each.get(bytes("d"))!.value).toString()).toBe("again");
  }
});

test("hashKv: a compaction that begins meanwhile waits for it", async () => {
  const { store, clock, backend } = await open(undefined, { compactionBatchLimit: 100_000 });
  for (let i = 0; i < 25_000; i++) put(store, `k${i % 7}`);
  const alone = await settle(clock, store.hashKv(24_000));
  const hash = store.hashKv(24_000);
  const { done } = store.compact(24_900);
  expect(await settle(clock, hash)).toEqual(alone);
  await settle(clock, done);
  expect(backend.dump("key").length).toBe(7 + 101);
  await expect(store.hashKv(24_899)).rejects.toMatchObject({ code: "COMPACTED" });
  await expect(store.hashKv(99_999)).rejects.toMatchObject({ code: "FUTURE_REVISION" });
});

test("watch: catching up over thousands of revisions never splits one and never repeats", async () => {
  const { store, clock } = await open();
  for (let i = 0; i < 2500; i++) {
    const txn = store.beginWrite();
    txn.put(bytes("a"), bytes(`${i}`), 0n);
    txn.put(bytes("b"), bytes(`${i}`), 0n);
    txn.end();
  }
  const responses: WatchResponse[] = [];
  const stream = store.watches.openStream((response) => responses.push(response) > 0);
  stream.watch({ key: bytes("a"), end: bytes("c"), startRevision: 2 });
  await clock.advanceAsync(50);
  put(store, "a");
  expect(responses.length).toBe(4);
  let last = 1;
  for (const { events, revision } of responses.slice(0, 3)) {
    expect(events.length % 2).toBe(0);
    expect(events.length).toBeLessThanOrEqual(2000);
    for (let i = 0; i < events.length; i += 2) {
      expect(events[i]!.keyValue.modRevision).toBe(++last);
      expect(events[i + 1]!.keyValue.modRevision).toBe(last);
    }
    expect(revision).toBe(store.revision - 1);
  }
  expect(last).toBe(2501);
  expect(responses[3]!.events.map((event) => event.keyValue.modRevision)).toEqual([2502]);
});

test("watch: watchers far apart in history all get on, and none sees a foreign key", async () => {
  const { store, clock } = await open();
  for (let i = 0; i < 5000; i++) put(store, `k${i % 10}`);
  const counts = new Map<bigint, number>();
  const stream = store.watches.openStream(({ watchId, events }) => {
    for (const { keyValue } of events) {
      expect(Buffer.from(keyValue.key).toString()).toBe(`k${watchId % 10n}`);
      counts.set(watchId, (counts.get(watchId) ?? 0) + 1);
    }
    return true;
  });
  for (let i = 0; i < 40; i++) {
    stream.watch({ id: BigInt(i + 1), key: bytes(`k${(i + 1) % 10}`), startRevision: 2 + i * 100 });
  }
  await clock.advanceAsync(500);
  for (let i = 0; i < 40; i++) {
    const first = 2 + i * 100;
    const expected = Array.from({ length: 5000 }, (_, n) => n).filter(
      (n) => n + 2 >= first && n % 10 === (i + 1) % 10,
    );
    expect(counts.get(BigInt(i + 1))).toBe(expected.length);
  }
  expect(store.stats.slowWatchers).toBe(0);
});

test("watch: errors for an empty range, a used id and a closed stream", async () => {
  const { store } = await open();
  const stream = store.watches.openStream(() => true);
  const key = bytes("b");
  expect(refusal(() => stream.watch({ key, end: bytes("a") }))).toBe("EMPTY_WATCH_RANGE");
  expect(refusal(() => stream.watch({ key, end: key }))).toBe("EMPTY_WATCH_RANGE");
  expect(stream.watch({ key, id: 5n })).toBe(5n);
  expect(refusal(() => stream.watch({ key, id: 5n }))).toBe("DUPLICATE_WATCH_ID");
  expect([stream.watch({ key }), stream.watch({ key, end: bytes("\0") })]).toEqual([0n, 1n]);
  expect([stream.cancel(5n), stream.cancel(5n)]).toEqual([true, false]);
  stream.close();
  expect(refusal(() => stream.watch({ key }))).toBe("CLOSED");
});

test("watch: a sink that asks for progress while a change is told never hears more than was told", async () => {
  const { store } = await open();
  const log: string[] = [];
  const stream = store.watches.openStream(({ watchId, revision, events }) => {
    log.push(
      events.length > 0 ? `event ${watchId}@${revision}` : `progress ${watchId}@${revision}`,
    );
    if (events.length > 0) stream.requestProgress(watchId === 0n ? 1n : 0n);
    return true;
  });
  stream.watch({ key: bytes("a") });
  stream.watch({ key: bytes("a"), end: bytes("b") });
  put(store, "a");
  expect(log).toEqual(["event 0@2", "progress 1@1", "event 1@2", "progress 0@2"]);
  stream.requestProgressOfAll();
  expect(log.at(-1)).toBe("progress -1@2");
});

test("readHistory, adopt: watchers stay and catch up with the other history", async () => {
  const leader = await open();
  for (let i = 0; i < 10; i++) put(leader.store, "a", `${i}`);
  const { store, clock } = await open();
  put(store, "a", "0");
  const seen: number[] = [];
  const stream = store.watches.openStream(({ events }) => {
    seen.push(...events.map((event) => event.keyValue.modRevision));
    return true;
  });
  stream.watch({ key: bytes("a") });
  put(store, "a", "1");
  const restored = await settle(clock, store.readHistory(leader.backend));
  expect(store.revision).toBe(3);
  await settle(clock, store.stopWork());
  await settle(clock, store.adopt(leader.backend, restored));
  await clock.advanceAsync(20);
  expect(seen).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(Buffer.from(store.get(bytes("a"))!.value).toString()).toBe("9");
});

test("openStore: a record whose key is no revision is refused by name", async () => {
  const backend: BackendLike = new MemoryBackend();
  backend.put("key", bytes("nonsense-of-17-by"), bytes(""));
  await expect(open(backend as MemoryBackend)).rejects.toMatchObject({ code: "CORRUPT_RECORD" });
});

test("get: a value stays as it was when the key is overwritten, deleted and evicted", async () => {
  const { store } = await open(undefined, { cacheBytes: 200_000 });
  put(store, "a", "first");
  const first = store.get(bytes("a"))!;
  for (let i = 0; i < 5000; i++) put(store, `k${i % 50}`, "x".repeat(200));
  put(store, "a", "second");
  remove(store, "a");
  for (let i = 0; i < 5000; i++) put(store, `k${i % 50}`, "y".repeat(200));
  expect(Buffer.from(first.value).toString()).toBe("first");
  expect(store.get(bytes("a"))).toBeUndefined();
  expect(store.cachedBytes).toBeLessThan(400_000);
  expect(Buffer.from(store.get(bytes("k7"))!.value).toString()).toBe("y".repeat(200));
});

test("put: a record nearly as large as a slab finds room beside the values that stay", async () => {
  const { store } = await open(undefined, { cacheBytes: 200_000 });
  const small = Array.from({ length: 100 }, (_, i) => `small${i}`);
  for (const key of small) put(store, key, "x".repeat(200));
  for (let round = 0; round < 20; round++) {
    const large = String.fromCharCode(65 + round).repeat(60_000);
    for (const key of small) store.get(bytes(key));
    put(store, "large", large);
    expect(Buffer.from(store.get(bytes("large"))!.value).toString()).toBe(large);
  }
});
