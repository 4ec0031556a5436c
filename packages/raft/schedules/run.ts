/**
 * Random schedules against the invariants of the Raft paper.
 *
 *   COUNT=1000000 SEED=1 WORKERS=4 tsx packages/raft/schedules/run.ts            schedules in parallel
 *   SEED=4711 COUNT=1 tsx packages/raft/schedules/run.ts                         replays one
 *   COUNT=10000 tsx packages/raft/schedules/run.ts planted                       each planted bug
 */
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import * as raft from "@nodetcd/raft";
import { explore, type Finding } from "./explore.ts";
import type { CallerFault } from "./options.ts";
import { loadWithBug, PLANTED_BUGS } from "./planted-bugs.ts";

const count = Number(process.env["COUNT"] ?? 10_000);
const seed = Number(process.env["SEED"] ?? 1);
const workers = Number(process.env["WORKERS"] ?? 4);
const CANARIES: readonly CallerFault[] = ["vote lost in a crash", "messages sent before the write"];
/** Schedules that a worker runs before it reports. */
const CHUNK = 2_500;

interface Share {
  readonly first: number;
  readonly count: number;
}

function describe(finding: Finding): string {
  return `seed ${finding.seed}, after ${finding.schedules} schedules: ${finding.error.message}`;
}

/** Faults that must be found, or what follows proves nothing. */
function checkCanaries(): boolean {
  let found = true;
  for (const fault of CANARIES) {
    const finding = explore(raft, seed, 10_000, fault);
    if (finding === undefined) found = false;
    console.log(`canary "${fault}": ${finding === undefined ? "NOT FOUND" : describe(finding)}`);
  }
  return found;
}

async function checkPlanted(): Promise<boolean> {
  let found = true;
  for (const bug of PLANTED_BUGS) {
    const { library, dispose } = await loadWithBug(bug);
    const finding = explore(library, seed, count);
    dispose();
    if (finding === undefined) found = false;
    console.log(
      `planted "${bug.name}": ${finding === undefined ? "NOT FOUND" : describe(finding)}`,
    );
  }
  return found;
}

async function runAll(): Promise<boolean> {
  const started = performance.now();
  let done = 0;
  let failures = 0;
  const share = Math.ceil(count / workers);
  const report = (): void => {
    const seconds = (performance.now() - started) / 1000;
    console.log(`${done} of ${count} schedules, ${Math.round(done / seconds)} a second`);
  };
  const timer = setInterval(report, 15_000);
  await Promise.all(
    Array.from({ length: workers }, (_, i) => {
      const first = seed + i * share;
      const mine: Share = { first, count: Math.min(share, seed + count - first) };
      if (mine.count <= 0) return Promise.resolve();
      return new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: mine });
        worker.on("message", (message: { done: number; failure?: string }) => {
          done += message.done;
          if (message.failure === undefined) return;
          failures++;
          console.log(`VIOLATION ${message.failure}`);
        });
        worker.on("error", reject);
        worker.on("exit", () => resolve());
      });
    }),
  );
  clearInterval(timer);
  report();
  console.log(`${failures} violations`);
  return failures === 0;
}

function runShare(share: Share): void {
  for (let at = 0; at < share.count; at += CHUNK) {
    const size = Math.min(CHUNK, share.count - at);
    const finding = explore(raft, share.first + at, size);
    parentPort?.postMessage(
      finding === undefined
        ? { done: size }
        : { done: finding.schedules, failure: describe(finding) },
    );
  }
}

if (!isMainThread) runShare(workerData as Share);
else if (process.argv[2] === "planted") process.exitCode = (await checkPlanted()) ? 0 : 1;
else process.exitCode = checkCanaries() && (await runAll()) ? 0 : 1;
