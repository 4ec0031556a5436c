/**
 * A member far behind comes back while others write: first by ENTRIES entries, then by a database of MIB mebibytes,
 * which is sent whole. Measured: how long writes take meanwhile, beside a time when it is down, how long it takes, the
 * longest turns of the loops of the leader and of the one that takes a snapshot, and the leader's memory.
 *
 *     ENTRIES=1000000 MIB=1024 npm run prove -- cluster-behind
 *
 * At most twice the p99 of a quiet time, no turn of the leader above 20 ms, and not more memory than the bounds of a snapshot's way
 * add up to; on a machine with other work times are the machine's.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer, ROOT } from "../peers.ts";
import { temporaryDirectory } from "../processes.ts";
import { ProcessCaller } from "./caller.ts";
import { fill } from "./fill.ts";
import { sleep } from "./patience.ts";
import { ProcessCluster, type Seat } from "./process-cluster.ts";
import { hasApplied, leaderOf, Memory } from "./seat-facts.ts";

const ENTRIES = Number(process.env["ENTRIES"] ?? 1_000_000);
const MIB = Number(process.env["MIB"] ?? 1_024);
const QUIET_MS = 10_000;
/** Commits and collections of what was filled in are over by then. */
const REST_MS = 3_000;
/** Those that are measured, and their pause. */
const [WRITERS, PAUSE_MS] = [4, 5];
const KEYS = 1_000;
const CALL_TIMEOUT_MS = 30_000;
const RATIO_MAX = 2;
const TURN_MS_MAX = 20;
/** What the leader's memory may grow by while it sends. */
const GROWTH_MIB_MAX = 256;
const FLAGS = [
  "--quota-backend-bytes=8589934592",
  "--snapshot-count=1000",
  "--snapshot-catchup-entries=500",
];
const RECEIVING = "receiving database snapshot";
const APPLIED = "applied snapshot";

/** What a member lacks when it comes back. */
interface Lack {
  readonly what: string;
  readonly count: number;
  readonly inFlight: number;
  readonly key: (i: number) => string;
  readonly value: Uint8Array;
}

class Comparison {
  readonly #cluster: ProcessCluster;
  readonly #probes: string;

  private constructor(cluster: ProcessCluster, probes: string) {
    this.#cluster = cluster;
    this.#probes = probes;
  }

  static async begin(program: Peer): Promise<Comparison> {
    const probes = temporaryDirectory("nodetcd-turns");
    const probe = join(ROOT, "benchmarks", "watches", "turn-probe.mjs");
    const members = ["m1", "m2", "m3"].map((name) => ({
      program,
      flags: FLAGS,
      env: { NODE_OPTIONS: `--import ${probe}`, TURN_PROBE: join(probes, name) },
      isDirect: true,
    }));
    return new Comparison(await ProcessCluster.found(members), probes);
  }

  async end(): Promise<void> {
    await this.#cluster.stop();
    this.#cluster.remove();
    rmSync(this.#probes, { recursive: true });
  }

  async measure(lack: Lack): Promise<void> {
    const leader = await leaderOf(this.#cluster);
    const behind = this.#cluster.seats.find((seat) => seat !== leader)!;
    await behind.process?.stop();
    await fill({ ...lack, port: leader.clientPort });
    await sleep(REST_MS);
    const caller = new ProcessCaller(leader.name, leader.url, CALL_TIMEOUT_MS);
    await this.#longestTurn(leader);
    const quiet = await this.#latencies(caller, () => sleep(QUIET_MS));
    const turnQuiet = await this.#longestTurn(leader);
    const memory = new Memory(leader);
    const began = performance.now();
    let turnBehind = 0;
    const beside = await this.#latencies(caller, async () => {
      turnBehind = await this.#comesBack(behind, caller);
    });
    const seconds = (performance.now() - began) / 1_000;
    const turn = await this.#longestTurn(leader);
    caller.close();
    const by = behind.process?.log.includes(APPLIED) ? "by a snapshot" : "by its log";
    const ratio = percentile(beside, 0.99) / percentile(quiet, 0.99);
    console.log(
      [
        `${lack.what}: back ${by} after ${seconds.toFixed(1)} s`,
        `  quiet: ${describe(quiet)}; longest turn of the leader ${turnQuiet.toFixed(1)} ms`,
        `  beside: ${describe(beside)}, p99 ${ratio.toFixed(2)} times that of the quiet time`,
        `  longest turn of the leader ${turn.toFixed(1)} ms, of the one that takes the snapshot ${turnBehind.toFixed(1)} ms`,
        `  memory of the leader ${memory.before} MiB before, at most ${memory.most} MiB meanwhile`,
      ].join("\n"),
    );
    expectAtMost("p99 beside it, of a quiet time's", ratio, RATIO_MAX);
    expectAtMost("ms of a turn of the leader", turn, TURN_MS_MAX);
    expectAtMost("MiB that the leader's memory grows", memory.most - memory.before, GROWTH_MIB_MAX);
  }

  /**
   * Until it has applied all that the leader had when it was started.
   *
   * @returns its longest turn while it took the snapshot, in milliseconds; what belongs to its start comes before and after
   */
  async #comesBack(seat: Seat, leader: ProcessCaller): Promise<number> {
    const { raftIndex } = await leader.call(METHODS.Maintenance.Status, {});
    this.#cluster.restart(seat);
    yieldToOthers(seat.process!.pid);
    const log = (): string => seat.process!.log;
    while (!log().includes(RECEIVING) && !(await hasApplied(seat, raftIndex))) await sleep(20);
    await this.#longestTurn(seat);
    while (!log().includes(APPLIED) && !(await hasApplied(seat, raftIndex))) await sleep(5);
    const turn = await this.#longestTurn(seat);
    while (!(await hasApplied(seat, raftIndex))) await sleep(100);
    return turn;
  }

  /** Milliseconds of each of the puts that a few writers make while something lasts. */
  async #latencies(caller: ProcessCaller, meanwhile: () => Promise<void>): Promise<number[]> {
    const took: number[] = [];
    let isOver = false;
    const work = async (): Promise<void> => {
      while (!isOver) {
        const began = performance.now();
        await caller.call(METHODS.KV.Put, { key: Buffer.from("beside"), value: Buffer.from("v") });
        took.push(performance.now() - began);
        await sleep(PAUSE_MS);
      }
    };
    const working = Promise.all(Array.from({ length: WRITERS }, work));
    await meanwhile();
    isOver = true;
    await working;
    return took;
  }

  /** Since the last question, in milliseconds of processor time. */
  async #longestTurn(seat: Seat): Promise<number> {
    const file = join(this.#probes, seat.name);
    rmSync(file, { force: true });
    seat.process?.signal("SIGUSR2");
    while (!existsSync(file)) {
      if (!seat.isRunning) throw new Error(`${seat.name} has ended: ${seat.process?.tail()}`);
      await sleep(10);
    }
    const { longest } = JSON.parse(readFileSync(file, "utf8")) as { longest: number };
    return longest;
  }
}

/**
 * Where all run before other work (`chrt -r 20`) turns of the processors last 100 ms. On a machine of its own a member would not take them
 * from the others; so it comes after them.
 */
function yieldToOthers(pid: number): void {
  const { stdout } = spawnSync("chrt", ["-p", String(process.pid)], { encoding: "utf8" });
  if (stdout?.includes("SCHED_RR")) spawnSync("chrt", ["-a", "-r", "-p", "10", String(pid)]);
}

function percentile(took: readonly number[], share: number): number {
  const sorted = took.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}

function describe(took: readonly number[]): string {
  const at = (share: number): string => percentile(took, share).toFixed(1);
  return `${took.length} puts, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(0.999_999)} ms`;
}

function expectAtMost(what: string, is: number, most: number): void {
  if (is <= most) return;
  console.log(`MISSED: ${is.toFixed(1)} ${what}, above ${most}`);
  process.exitCode = 1;
}

const ours = peer("nodetcd");
if (ours !== undefined) {
  const comparison = await Comparison.begin(ours);
  try {
    await comparison.measure({
      what: `${ENTRIES} entries behind`,
      count: ENTRIES,
      inFlight: 512,
      key: (i) => `k${i % KEYS}`,
      value: Buffer.from("12345678"),
    });
    await comparison.measure({
      what: `${MIB} MiB behind`,
      count: MIB,
      inFlight: 8,
      key: (i) => `large${i}`,
      value: Buffer.alloc(1024 * 1024, "v"),
    });
  } finally {
    await comparison.end();
  }
}
