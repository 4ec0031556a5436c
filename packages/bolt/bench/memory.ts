/**
 * Peak memory while a file much larger than the cache is scanned, by a process that does nothing else.
 *
 *     node --conditions=@nodetcd/source --import tsx packages/bolt/bench/memory.ts
 *
 * `GIB` (4): size of the file, in the system's temporary folder, removed afterwards. `CACHE_MIB` (128).
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const NAME = Buffer.from("key");
const VALUE = Buffer.alloc(1024, 7);
const PUTS = 20_000;
const SAMPLE_EVERY = 10_000;

const cacheBytes = Number(process.env["CACHE_MIB"] ?? 128) * MIB;

function fill(path: string, bytes: number): void {
  const db = openDatabase(nodeDisk, path, { noSync: true, freelistType: "hashmap", cacheBytes });
  let next = 0;
  while (db.view((tx) => tx.size()) < bytes) {
    db.update((tx) => {
      const bucket = tx.createBucketIfMissing(NAME);
      bucket.fillPercent = 0.9;
      for (let i = 0; i < PUTS; i++) {
        bucket.put(Buffer.from(String(next++).padStart(12, "0")), VALUE);
      }
    });
  }
  db.close();
}

function megabytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}

/** @param withViews makes a view of each key and value; else their sizes are enough */
function scan(path: string, withViews: boolean): void {
  const db = openDatabase(nodeDisk, path, { readOnly: true, cacheBytes });
  const before = process.memoryUsage();
  const peak = { ...before };
  let cached = 0;
  let entries = 0;
  let bytes = 0;
  const started = performance.now();
  db.view((tx) => {
    const cursor = tx.bucket(NAME)!.cursor();
    for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
      bytes += withViews ? entry.key.length + entry.value!.length : entry.keySize + entry.valueSize;
      if (++entries % SAMPLE_EVERY !== 0) continue;
      const now = process.memoryUsage();
      for (const kind of Object.keys(peak) as (keyof typeof peak)[]) {
        peak[kind] = Math.max(peak[kind], now[kind]);
      }
      cached = Math.max(cached, db.stats().cacheBytes);
    }
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `scan, ${withViews ? "views" : "sizes"}: ${entries} entries, ${megabytes(bytes)} in ` +
      `${megabytes(db.fileSize())}, ${seconds.toFixed(1)} s, cache ${megabytes(cached)} of ` +
      `${megabytes(cacheBytes)}`,
  );
  const { maxRSS } = process.resourceUsage();
  console.log(
    `  peak: resident ${megabytes(maxRSS * 1024)} (${megabytes(before.rss)} before), array ` +
      `buffers ${megabytes(peak.arrayBuffers)}, external ${megabytes(peak.external)}, heap ` +
      `${megabytes(peak.heapUsed)} used of ${megabytes(peak.heapTotal)}`,
  );
  db.close();
}

const [mode, path] = process.argv.slice(2);
if (mode !== undefined) scan(path!, mode === "views");
else {
  const directory = nodeDisk.makeTemporaryDirectory("bolt-memory-");
  try {
    fill(`${directory}/db`, Number(process.env["GIB"] ?? 4) * GIB);
    for (const kind of ["sizes", "views"]) {
      const args = [...process.execArgv, fileURLToPath(import.meta.url), kind, `${directory}/db`];
      execFileSync(process.execPath, args, { stdio: "inherit" });
    }
  } finally {
    nodeDisk.removeTree(directory);
  }
}
