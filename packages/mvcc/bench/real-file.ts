/**
 * The store on a real file: puts without waiting for the disk, then close, open and restore.
 *
 *     node --conditions=@nodetcd/source --import tsx packages/mvcc/bench/real-file.ts [keys]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "@nodetcd/backend";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { noLeases, openStore } from "../src/mvcc.ts";

const KEYS = Number(process.argv[2] ?? 1_000_000);
const value = Buffer.alloc(256, "v");
const directory = mkdtempSync(join(tmpdir(), "mvcc-bench-"));
const runtime = { clock: nodeClock, disk: nodeDisk };
const since = (started: number): string => `${((performance.now() - started) / 1000).toFixed(2)} s`;

try {
  let backend = openBackend(runtime, join(directory, "db"));
  let store = await openStore(backend, { clock: nodeClock, lessor: noLeases });
  let started = performance.now();
  for (let i = 0; i < KEYS; i++) {
    const txn = store.beginWrite();
    const name = (Math.imul(i, 2654435761) >>> 0).toString(36);
    txn.put(Buffer.from(`/registry/pods/ns-${i % 97}/pod-${name}`), value, 0n);
    txn.end();
    if (i % 5000 === 4999) await nodeClock.yield();
    if (i % 20_000 === 19_999) await backend.commit();
  }
  await backend.commit();
  console.log(`${KEYS.toLocaleString("en")} puts and commits: ${since(started)}`);
  await store.close();
  await backend.close();

  started = performance.now();
  backend = openBackend(runtime, join(directory, "db"));
  console.log(`open the file: ${since(started)}`);
  started = performance.now();
  store = await openStore(backend, { clock: nodeClock, lessor: noLeases });
  console.log(`restore of ${store.keysTotal.toLocaleString("en")} keys: ${since(started)}`);
  started = performance.now();
  const { hash } = await store.hashKv(0);
  console.log(`hash of all records (${hash}): ${since(started)}`);
  started = performance.now();
  await store.compact(store.revision).done;
  console.log(`compaction that removes nothing: ${since(started)}`);
  const all = Uint8Array.of(0);
  started = performance.now();
  const reader = store.readRange(all, all, {});
  reader.beginSlice(Infinity);
  let bytes = 0;
  for (let pair = reader.next(); pair !== undefined; pair = reader.next()) {
    bytes += pair.bytes.length;
  }
  reader.close();
  console.log(`reading all ${bytes} bytes in the order of keys: ${since(started)}`);
  started = performance.now();
  const txn = store.beginWrite();
  const deleted = txn.deleteRange(all, all);
  txn.end();
  console.log(`deletion of ${deleted} keys in one transaction: ${since(started)}`);
  await store.close();
  await backend.close();
} finally {
  rmSync(directory, { recursive: true });
}
