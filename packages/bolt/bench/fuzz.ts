/**
 * Damaged files through open, check, walks, look-ups, changes and surgery: each must end in a clean
 * answer or an error with its code. A hang, a crash or memory without bound fails with its seed.
 *
 *     COUNT=1000000 SEED=1 node --conditions=@nodetcd/source --import tsx packages/bolt/bench/fuzz.ts
 */
import { writeSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { baseImages, runCase } from "../test/fuzz.ts";

/** A case that takes longer hangs; seconds. A healthy one takes well under a millisecond. */
const MAX_CASE_SECONDS = 10;
const MAX_MEMORY_BYTES = 1024 * 1024 * 1024;
const REPORT_EVERY = 50_000;
/** Cases on the same healthy files. */
const CASES_PER_BASE = 5_000;

const CONDITIONS = ["--conditions=@nodetcd/source"];

interface Work {
  readonly count: number;
  readonly seed: number;
  /** The number of the case that runs now. */
  readonly current: Int32Array;
}

/** At once: a stream of a worker that never waits is not written before its end. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function runAll({ count, seed, current }: Work): void {
  const outcomes = new Map<string, number>();
  const started = performance.now();
  let images = baseImages(seed);
  let slowest = { ms: 0, seed: 0 };
  let peak = 0;
  for (let i = 0; i < count; i++) {
    const caseSeed = seed + i;
    Atomics.store(current, 0, i);
    if (i > 0 && i % CASES_PER_BASE === 0) images = baseImages(caseSeed);
    const began = performance.now();
    try {
      for (const code of runCase(images, caseSeed)) {
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      }
    } catch (error) {
      const base = caseSeed - (i % CASES_PER_BASE);
      throw new Error(`COUNT=${(i % CASES_PER_BASE) + 1} SEED=${base}, case ${caseSeed}`, {
        cause: error,
      });
    }
    const ms = performance.now() - began;
    if (ms > slowest.ms) slowest = { ms, seed: caseSeed };
    if ((i + 1) % 1000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
    if (peak > MAX_MEMORY_BYTES) throw new Error(`${peak} bytes of memory at case ${caseSeed}`);
    if ((i + 1) % REPORT_EVERY === 0 || i + 1 === count) {
      const rate = ((i + 1) / (performance.now() - started)) * 1000;
      say(`${i + 1} cases, ${rate.toFixed(0)}/s, peak ${(peak / 1e6).toFixed(0)} MB`);
    }
  }
  say(`slowest case: ${slowest.ms.toFixed(0)} ms (${slowest.seed})`);
  for (const [code, number] of [...outcomes].toSorted((a, b) => b[1] - a[1])) {
    say(`  ${code}: ${number}`);
  }
}

function watch(work: Work): void {
  // tsx does not follow into workers by itself.
  const script = `import("tsx/esm/api").then(({ register }) => {
    register();
    return import(${JSON.stringify(import.meta.url)});
  })`;
  const worker = new Worker(script, { eval: true, workerData: work, execArgv: CONDITIONS });
  let last = -1;
  let since = performance.now();
  const timer = setInterval(() => {
    const current = Atomics.load(work.current, 0);
    if (current !== last) {
      last = current;
      since = performance.now();
    } else if (performance.now() - since > MAX_CASE_SECONDS * 1000) {
      console.error(`case ${work.seed + current} hangs (first seed ${work.seed})`);
      process.exit(1);
    }
  }, 500);
  worker.once("error", (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  worker.once("exit", () => clearInterval(timer));
}

if (isMainThread) {
  const count = Number(process.env["COUNT"] ?? 20_000);
  const seed = Number(process.env["SEED"] ?? 1);
  console.log(`fuzz: COUNT=${count} SEED=${seed}`);
  watch({ count, seed, current: new Int32Array(new SharedArrayBuffer(4)) });
} else if (parentPort !== null) {
  runAll(workerData as Work);
}
