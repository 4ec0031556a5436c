/**
 * Whole clusters on virtual time, disks and network.
 *
 *     SEED=1 COUNT=1000 npm run prove -- cluster-simulated
 *     SECONDS=280 SEED=1 ...         as many as fit into this time; COUNT at most
 *     TRACE=1 SEED=17 COUNT=1 ...    what happened, step by step; TRACE=2: and what members said
 *
 * Every run first finds a canary, so that a check that has gone blind is noticed: a read that was told the past,
 * and a log that is not synced. Seeds are printed and repeat exactly.
 */
import type { Operation } from "../../clusters/timeline.ts";
import { plants } from "../planted.ts";
import { runTrial, type Trial } from "./trial.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const seconds = Number(process.env["SECONDS"] ?? Infinity);
const count = Number(process.env["COUNT"] ?? (seconds < Infinity ? 1_000_000 : 100));
/** Seeds within which the canaries must be found. */
const CANARY_SEEDS = 50;
const PROGRESS_EVERY = 10;

class Sum {
  clusters = 0;
  disasters = 0;
  answered = 0;
  virtualMs = 0;

  add(trial: Trial): void {
    this.clusters++;
    this.disasters += trial.disasters.length;
    this.answered += trial.answered;
    this.virtualMs += trial.virtualMs;
  }

  print(): void {
    const spent = performance.now() / 1_000;
    const cpu = process.cpuUsage();
    const cpuEach = (cpu.user + cpu.system) / 1_000 / this.clusters;
    console.log(
      `${this.clusters} clusters, ${this.disasters} disasters, ${this.answered} calls answered, ` +
        `${(this.virtualMs / 3_600_000).toFixed(1)} virtual hours: ` +
        `${spent.toFixed(0)} s, ${(this.clusters / spent).toFixed(2)} a second, ` +
        `${cpuEach.toFixed(0)} ms of processor time each`,
    );
  }
}

/** The last read of a key that was written twice is told what the first write put. */
function tellThePast(operations: Operation[]): Operation[] {
  const reads = operations.filter(
    ({ shown, isSerializable, changes }) =>
      !isSerializable &&
      changes.length === 0 &&
      shown[0]?.end === "" &&
      shown[0].pairs.length === 1,
  );
  const last = reads.at(-1);
  const old = reads.find(
    ({ shown, end }) =>
      last !== undefined &&
      end < last.start &&
      shown[0]!.key === last.shown[0]!.key &&
      shown[0]!.pairs[0]!.value !== last.shown[0]!.pairs[0]!.value,
  );
  if (last === undefined || old === undefined) return operations;
  const { revision, shown } = old;
  return operations.map((each) => (each === last ? { ...each, revision, shown } : each));
}

async function canary(
  name: string,
  options: Partial<Parameters<typeof runTrial>[0]>,
): Promise<void> {
  for (let i = 0; i < CANARY_SEEDS; i++) {
    const { faults } = await runTrial({ ...options, seed: seed + i });
    if (faults.length === 0) continue;
    console.log(`canary "${name}" found after ${i + 1} seeds: ${faults[0]!.slice(0, 160)}`);
    return;
  }
  console.log(`FAILED: the canary "${name}" was not found within ${CANARY_SEEDS} seeds`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  // Calls that fail are made by the thousand.
  if (process.env["TRACE"] === undefined) Error.stackTraceLimit = 0;
  console.log(`simulated clusters: SEED=${seed} COUNT=${count}`);
  const isTraced = process.env["TRACE"] !== undefined;
  if (process.env["CANARY"] !== "0") {
    await canary("a read is told the past", { tamper: tellThePast });
    await canary("a log that is not synced", { plant: plants["log not synced before the reply"]! });
  }
  const sum = new Sum();
  for (let i = 0; i < count && performance.now() < seconds * 1_000; i++) {
    const trace = isTraced ? { trace: console.log, tracesLines: process.env["TRACE"] === "2" } : {};
    const trial = await runTrial({ seed: seed + i, ...trace });
    sum.add(trial);
    if (trial.faults.length > 0) {
      console.log(`FAILED: SEED=${seed + i} (${trial.disasters.join("; ")})`);
      for (const fault of trial.faults.slice(0, 10)) console.log(`  ${fault.slice(0, 400)}`);
      process.exitCode = 1;
      break;
    }
    if ((i + 1) % PROGRESS_EVERY === 0) sum.print();
  }
  sum.print();
}

await main();
