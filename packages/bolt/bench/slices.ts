/**
 * How long `commitAsync` holds up the event loop: the longest time between two turns of a loop that
 * does nothing else, medians and maxima over the commits.
 *
 *     node --conditions=@nodetcd/source --import tsx packages/bolt/bench/slices.ts
 *
 * `ROUNDS` (7).
 */
import { openDatabase } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { BATCH, KEY_SIZE, nextRandom, revisionKey, valueOf } from "./compare-protocol.ts";

const ROUNDS = Number(process.env["ROUNDS"] ?? 7);
const WARM_UP_ROUNDS = 2;
/** Entries in the file before. */
const ENTRIES = 1_000_000;
const NAME = Buffer.from("key");
const VALUE = valueOf(128);

const directory = nodeDisk.makeTemporaryDirectory("bolt-slices-");
const db = openDatabase(nodeDisk, `${directory}/db`, {
  freelistType: "hashmap",
  clock: nodeClock,
  cacheBytes: 512 * 1024 * 1024,
});

interface Commit {
  readonly putMs: number;
  readonly commitMs: number;
  /** The longest slice of the commit. */
  readonly longestMs: number;
}

async function commit(puts: number, revisionAt: (put: number) => number): Promise<Commit> {
  const began = performance.now();
  const tx = db.begin(true);
  const bucket = tx.createBucketIfMissing(NAME);
  bucket.fillPercent = 0.9;
  const key = Buffer.alloc(KEY_SIZE);
  for (let i = 0; i < puts; i++) bucket.put(revisionKey(revisionAt(i), key), VALUE);
  const put = performance.now();

  let pending = true;
  let last = put;
  let longestMs = 0;
  const turn = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (pending) setImmediate(turn);
  };
  setImmediate(turn);
  await tx.commitAsync();
  longestMs = Math.max(longestMs, performance.now() - last);
  pending = false;
  return { putMs: put - began, commitMs: performance.now() - put, longestMs };
}

function summary(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!.toFixed(1);
  return `${median.padStart(7)} (at most ${sorted.at(-1)!.toFixed(1)})`;
}

async function measure(what: string, puts: number, revision: () => number): Promise<void> {
  const commits: Commit[] = [];
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
    const one = await commit(puts, revision);
    if (round >= WARM_UP_ROUNDS) commits.push(one);
  }
  console.log(
    `${puts} ${what} puts, ms: longest slice ${summary(commits.map((one) => one.longestMs))}, ` +
      `commit ${summary(commits.map((one) => one.commitMs))}, ` +
      `puts ${summary(commits.map((one) => one.putMs))}`,
  );
}

try {
  let next = 0;
  const append = (): number => next++;
  while (next < ENTRIES) await commit(10 * BATCH, append);
  let x = 1;
  const random = (): number => ((x = nextRandom(x)) >>> 8) % ENTRIES;
  for (const puts of [10_000, 100_000]) {
    await measure("appended", puts, append);
    await measure("random", puts, random);
  }
} finally {
  db.close();
  nodeDisk.removeTree(directory);
}
