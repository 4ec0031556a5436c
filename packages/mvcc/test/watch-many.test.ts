import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { openStore, noLeases, type Store } from "../src/mvcc.ts";
import {
  CATCH_UP_WATCHERS,
  DELIVERIES_PER_LOOK,
  LOOK_UP_COST_PER_LOOK,
  PENDING_EVENTS_MAX,
} from "../src/limits.ts";
import { BusyClock } from "./support/busy-clock.ts";
import { MemoryBackend } from "./support/memory-backend.ts";
import { bytes, put, remove } from "./support/open.ts";
import { settle } from "./support/settle.ts";

/** A store on whose clock every slice is over at the first look. */
async function busyStore(): Promise<{ store: Store; clock: BusyClock; backend: MemoryBackend }> {
  const clock = new BusyClock(100);
  const backend = new MemoryBackend();
  const store = await settle(clock, openStore(backend, { clock, lessor: noLeases }));
  return { store, clock, backend };
}

test("watch: many watchers of a key are told in slices, with what changed meanwhile in one response", async () => {
  const { store, clock } = await busyStore();
  const seen: number[][] = Array.from({ length: 100 }, () => []);
  const responses: bigint[] = [];
  const stream = store.watches.openStream(({ watchId, events, revision }) => {
    responses.push(watchId);
    for (const { keyValue } of events) seen[Number(watchId)]!.push(keyValue.modRevision);
    expect(revision).toBe(store.revision);
    return true;
  });
  for (let i = 0; i < 100; i++) stream.watch({ key: bytes("a") });
  put(store, "a");
  expect(responses).toEqual(Array.from({ length: DELIVERIES_PER_LOOK }, (_, i) => BigInt(i)));
  // Whoever was told waits behind those that were not.
  put(store, "a");
  put(store, "b");
  expect(responses.length).toBe(DELIVERIES_PER_LOOK);
  expect(stream.cancel(99n)).toBe(true);
  await clock.advanceAsync(20);
  for (const revisions of seen.slice(0, 99)) expect(revisions).toEqual([2, 3]);
  expect(seen[99]).toEqual([]);
  expect(responses.length).toBe(99 + DELIVERIES_PER_LOOK);
  expect(store.stats.events).toBe(2 * 99);
});

test("watch: progress is told no further than what a watcher was given while others wait", async () => {
  const { store, clock } = await busyStore();
  const log: string[] = [];
  const stream = store.watches.openStream(({ watchId, revision, events }) => {
    if (events.length === 0) log.push(`${watchId}@${revision}`);
    return true;
  });
  for (let i = 0; i < 20; i++) stream.watch({ key: bytes("a") });
  stream.watch({ key: bytes("other") });
  put(store, "x");
  put(store, "a");
  for (const id of [0n, 19n, 20n]) expect(stream.requestProgress(id)).toBe(true);
  expect(stream.requestProgressOfAll()).toBe(true);
  await clock.advanceAsync(5);
  stream.requestProgressOfAll();
  expect(log).toEqual(["0@3", "19@2", "20@3", "-1@2", "-1@3"]);
});

test("watch: when more events wait than may be held, watchers read them from history, each once", async () => {
  const { store, clock } = await busyStore();
  const watchers = 2000;
  const revisions = PENDING_EVENTS_MAX / watchers + 10;
  const seen = Array.from({ length: watchers }, () => 1);
  const stream = store.watches.openStream(({ watchId, events }) => {
    for (const { keyValue } of events) {
      if (keyValue.modRevision !== ++seen[Number(watchId)]!)
        expect(keyValue.modRevision).toBe(seen[Number(watchId)]);
    }
    return true;
  });
  for (let i = 0; i < watchers; i++) stream.watch({ key: bytes("a") });
  for (let i = 0; i < revisions; i++) put(store, "a");
  expect(store.stats.slowWatchers).toBe(watchers);
  await clock.advanceAsync(100_000, 100);
  expect(store.stats.slowWatchers).toBe(0);
  expect(new Set(seen)).toEqual(new Set([revisions + 1]));
});

test("watch: a revision of very many changes is told in the turns after it, whole, and no progress before", async () => {
  const { store, clock } = await busyStore();
  for (let i = 0; i < 3000; i++) put(store, `k${i}`);
  const seen: string[] = [];
  const stream = store.watches.openStream(({ revision, events }) => {
    seen.push(`${events.length}@${revision}`);
    return true;
  });
  const id = stream.watch({ key: bytes("k"), end: bytes("l") });
  remove(store, "k", "l");
  put(store, "x");
  put(store, "k");
  expect(seen).toEqual([]);
  expect(stream.requestProgress(id)).toBe(false);
  await clock.advanceAsync(1);
  expect(seen).toEqual(["3001@3004"]);
  expect(stream.requestProgress(id)).toBe(true);
  expect(seen.at(-1)).toBe("0@3004");
});

test("watch: many small revisions after a large one are looked up in slices, too", async () => {
  const { store, clock } = await busyStore();
  for (let i = 0; i < 1500; i++) put(store, `k${i}`);
  let seen = 0;
  const stream = store.watches.openStream(({ events }) => (seen += events.length) > 0);
  for (let i = 0; i < 50; i++) stream.watch({ key: bytes("a") });
  remove(store, "k", "l");
  for (let i = 0; i < 100; i++) put(store, "a");
  let turns = 0;
  const { defer } = clock;
  clock.defer = (callback): void => {
    turns++;
    defer.call(clock, callback);
  };
  await clock.advanceAsync(5);
  expect(seen).toBe(50 * 100);
  expect(turns).toBeGreaterThan((50 * 100) / LOOK_UP_COST_PER_LOOK);
});

test("watch: what catching up reads does not grow with the number of watchers", async () => {
  const clock = new BusyClock(0);
  const backend = new MemoryBackend();
  const store = await settle(clock, openStore(backend, { clock, lessor: noLeases }));
  const random = new SeededRandom(1);
  const keys = 500;
  const history = 50_000;
  const changes = Array.from({ length: keys }, (): number[] => []);
  for (let i = 0; i < history; i++) changes[i % keys]!.push(put(store, `k${i % keys}`));
  let visited = 0;
  const range = backend.range.bind(backend);
  backend.range = (bucket, start, end, limit, visit) =>
    range(bucket, start, end, limit, (key, value) => {
      visited++;
      return visit(key, value);
    });
  const watchers = 2 * CATCH_UP_WATCHERS;
  const starts = Array.from({ length: watchers }, () => 2 + random.below(history));
  const seen = starts.map((): number[] => []);
  const stream = store.watches.openStream(({ watchId, events }) => {
    for (const { keyValue } of events) seen[Number(watchId)]!.push(keyValue.modRevision);
    return true;
  });
  starts.forEach((startRevision, n) => stream.watch({ key: bytes(`k${n % keys}`), startRevision }));
  await clock.advanceAsync(2000);
  expect(store.stats.slowWatchers).toBe(0);
  for (const [n, start] of starts.entries()) {
    const expected = changes[n % keys]!.filter((revision) => revision >= start);
    if (expected.join() !== seen[n]!.join()) expect(seen[n]).toEqual(expected);
  }
  expect(visited).toBeLessThan(6 * history);
});

test("watch: a stream that takes again goes on with those that missed something, and no others", async () => {
  const { store, clock } = await busyStore();
  let takes = true;
  const seen: string[] = [];
  const stream = store.watches.openStream(({ watchId, events }) => {
    for (const { keyValue } of events) seen.push(`${watchId}@${keyValue.modRevision}`);
    return takes;
  });
  stream.watch({ key: bytes("a") });
  stream.watch({ key: bytes("b") });
  takes = false;
  put(store, "a");
  put(store, "b");
  put(store, "b");
  remove(store, "b");
  expect(seen).toEqual(["0@2"]);
  expect(store.stats.slowWatchers).toBe(1);
  takes = true;
  stream.resume();
  await clock.advanceAsync(5);
  put(store, "a");
  expect(seen).toEqual(["0@2", "1@3", "1@4", "1@5", "0@6"]);
  expect(store.stats.slowWatchers).toBe(0);
});

test("watch: who keeps up with many events is not set back, however many there were", async () => {
  const { store, clock } = await busyStore();
  const watchers = 1000;
  let events = 0;
  const stream = store.watches.openStream((response) => (events += response.events.length) > 0);
  for (let i = 0; i < watchers; i++) stream.watch({ key: bytes("a") });
  // There is always somebody who waits.
  const rounds = PENDING_EVENTS_MAX / watchers + 10;
  for (let round = 0; round < rounds; round++) {
    put(store, "a");
    if (store.stats.slowWatchers > 0) expect.fail(`set back after ${events} events`);
    while (events < round * watchers + watchers / 2) clock.runNext();
  }
  while (events < rounds * watchers) clock.runNext();
  expect(events).toBe(rounds * watchers);
});

test("watch: a compaction cancels who has not read up to it, and no others that read on together", async () => {
  const { store, clock } = await busyStore();
  for (let i = 0; i < 5000; i++) put(store, "x");
  const seen: string[] = [];
  const stream = store.watches.openStream(({ watchId, compactRevision, events }) => {
    if (compactRevision > 0) seen.push(`${watchId} compacted ${compactRevision}`);
    for (const { keyValue } of events) seen.push(`${watchId}@${keyValue.modRevision}`);
    return true;
  });
  stream.watch({ id: 1n, key: bytes("a"), startRevision: 500 });
  // Passes read 64 revisions each: up to 628 in two.
  for (let passes = 0; passes < 2; passes++) expect(clock.runNext()).toBe(true);
  stream.watch({ id: 2n, key: bytes("a"), startRevision: 2 });
  stream.watch({ id: 3n, key: bytes("a"), startRevision: 700 });
  // The last one takes the others in.
  clock.runNext();
  store.compact(600).done.catch(() => undefined);
  await clock.advanceAsync(100_000, 100);
  expect(seen).toEqual(["2 compacted 600"]);
  expect(store.stats.slowWatchers).toBe(0);
  put(store, "a");
  await clock.advanceAsync(10);
  expect(seen).toEqual(["2 compacted 600", "1@5002", "3@5002"]);
});

test("watch: the watchers of a closed stream hear nothing more, and go in slices", async () => {
  const { store, clock } = await busyStore();
  let heard = 0;
  const [closed, open] = [0, 1].map(() => store.watches.openStream(() => ++heard > 0));
  for (let i = 0; i < 1000; i++) closed!.watch({ key: bytes("a"), startRevision: i % 2 });
  open!.watch({ key: bytes("a") });
  closed!.close();
  expect(closed!.cancel(0n)).toBe(true);
  // One of the two is the first pass of catching up.
  for (let timers = 0; timers < 2; timers++) expect(clock.runNext()).toBe(true);
  expect(store.stats.watchers).toBeGreaterThan(900);
  expect(store.stats.watchers).toBeLessThan(1000);
  put(store, "a");
  await clock.advanceAsync(1000);
  expect(heard).toBe(1);
  expect([store.stats.watchers, store.stats.slowWatchers]).toEqual([1, 0]);
});
