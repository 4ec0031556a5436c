/**
 * Figures of this package alone, over a backend that does nothing:
 *
 *     node --conditions=@nodetcd/source --import tsx --expose-gc packages/mvcc/bench/measure.ts [keys]
 */
import { nodeClock } from "@nodetcd/runtime/node";
import { type BackendLike, noLeases, openStore, revisionKey, type Store } from "../src/mvcc.ts";
import { KeyValue } from "@nodetcd/messages";

const KEYS = Number(process.argv[2] ?? 1_000_000);
const value = Buffer.alloc(256, "v");
const keyOf = (i: number): Buffer =>
  Buffer.from(`/registry/pods/ns-${i % 97}/pod-${(Math.imul(i, 2654435761) >>> 0).toString(36)}`);

const nothing: BackendLike = {
  get: () => undefined,
  put: () => undefined,
  delete: () => undefined,
  range: () => undefined,
  commit: () => Promise.resolve(),
};

async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await nodeClock.yield();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function report(name: string, count: number, run: () => void): void {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    run();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const ms = times[2]!;
  console.log(
    `${name}: ${Math.round(count / ms).toLocaleString("en")} k/s (median of 5, ${ms.toFixed(1)} ms)`,
  );
}

function put(store: Store, key: Uint8Array): void {
  const txn = store.beginWrite();
  txn.put(key, value, 0n);
  txn.end();
}

async function hotPaths(): Promise<void> {
  const store = await openStore(nothing, { clock: nodeClock, lessor: noLeases });
  const keys = Array.from({ length: 1000 }, (_, i) => keyOf(i));
  for (const key of keys) put(store, key);
  let seen = 0;
  report("get, 1,000 hot keys", 1_000_000, () => {
    for (let i = 0; i < 1_000_000; i++) if (store.get(keys[i % 1000]!) !== undefined) seen++;
  });
  const [from, to] = [Buffer.from("/registry/pods/"), Buffer.from("/registry/pods0")];
  report("range of 1,000 keys (keys)", 1_000_000, () => {
    for (let i = 0; i < 1000; i++) seen += store.range(from, to).keyValues.length;
  });
  report("put, 1,000 keys over and over", 500_000, () => {
    for (let i = 0; i < 500_000; i++) put(store, keys[i % 1000]!);
  });
  const stream = store.watches.openStream(({ events }) => (seen += events.length) > 0);
  for (let i = 0; i < 100; i++) stream.watch({ key: from, end: to });
  for (let i = 0; i < 1000; i++) stream.watch({ key: keys[i]! });
  report("put seen by 101 of 1,100 watchers", 20_000, () => {
    for (let i = 0; i < 20_000; i++) put(store, keys[i % 1000]!);
  });
}

async function manyKeys(): Promise<void> {
  const keys = Array.from({ length: KEYS }, (_, i) => keyOf(i));
  for (const cacheBytes of [0, 2 ** 31]) {
    const before = await memory();
    const store = await openStore(nothing, { clock: nodeClock, lessor: noLeases, cacheBytes });
    let slowest = 0;
    const started = performance.now();
    for (const key of keys) {
      const began = performance.now();
      put(store, key);
      slowest = Math.max(slowest, performance.now() - began);
    }
    const took = performance.now() - started;
    const perKey = ((await memory()) - before) / KEYS;
    console.log(
      `${KEYS.toLocaleString("en")} new keys, cache ${cacheBytes === 0 ? "off" : "all"}: ` +
        `${Math.round(KEYS / took)} k puts/s, slowest ${slowest.toFixed(1)} ms, ${perKey.toFixed(0)} bytes a key`,
    );
    if (cacheBytes > 0) {
      const [all, end] = [Buffer.from("/"), Buffer.from([0])];
      report("count of all keys (counts)", 1000, () => {
        for (let i = 0; i < 1000; i++) store.range(all, end, { countOnly: true });
      });
      report("first 500 of all keys and their count (ranges)", 1000, () => {
        for (let i = 0; i < 1000; i++) store.range(all, end, { limit: 500 });
      });
    }
    await store.close();
  }
}

/** Records in memory, in order, for a restore. */
async function restoreTime(): Promise<void> {
  const records: [Uint8Array, Uint8Array][] = [];
  for (let i = 0; i < KEYS; i++) {
    const main = i + 2;
    const key = keyOf(i);
    records.push([
      revisionKey(main, 0),
      KeyValue.encode({ key, createRevision: main, modRevision: main, version: 1, value }),
    ]);
  }
  const backend: BackendLike = {
    ...nothing,
    range(_bucket, start, _end, limit, visit) {
      let at = Math.max(0, Number(Buffer.from(start).readBigUInt64BE(0)) - 2);
      if (start.length > 17) at++;
      for (const last = Math.min(records.length, at + limit); at < last; at++) {
        const [key, record] = records[at]!;
        if (visit(key, record) === false) return;
      }
    },
  };
  let slowest = 0;
  let tick = performance.now();
  const timer = setInterval(() => {
    slowest = Math.max(slowest, performance.now() - tick - 1);
    tick = performance.now();
  }, 1);
  const started = performance.now();
  const store = await openStore(backend, { clock: nodeClock, lessor: noLeases });
  const took = performance.now() - started;
  clearInterval(timer);
  console.log(
    `restore of ${store.keysTotal.toLocaleString("en")} records: ${took.toFixed(0)} ms, longest stall ${slowest.toFixed(0)} ms`,
  );
  await store.close();
}

await hotPaths();
await manyKeys();
await restoreTime();
