/**
 * A member far behind comes back while others write: first by ENTRIES entries, then by a database of MIB mebibytes,
 * which is sent whole. Measured: how long writes take meanwhile, beside a time when it is down, how long it takes, the
 * longest turn of the leader's loop, and its memory.
 *
 *     ENTRIES=1000000 MIB=1024 npm run prove -- cluster-behind
 *
 * At most twice the p99 of a quiet time, no turn above 20 ms; on a machine with other work both are the machine's.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer, ROOT } from "../peers.ts";
import { temporaryDirectory } from "../processes.ts";
import { ProcessCaller } from "./caller.ts";
import { patiently, sleep } from "./patience.ts";
import { ProcessCluster, type Seat } from "./process-cluster.ts";

const ENTRIES = Number(process.env["ENTRIES"] ?? 1_000_000);
const MIB = Number(process.env["MIB"] ?? 1_024);
const QUIET_MS = 10_000;
/** Those that are measured, and their pause. */
const [WRITERS, PAUSE_MS] = [4, 5];
const KEYS = 1_000;
const CALL_TIMEOUT_MS = 30_000;
const RATIO_MAX = 2;
const TURN_MS_MAX = 20;
const FLAGS = [
  "--quota-backend-bytes=8589934592",
  "--snapshot-count=1000",
  "--snapshot-catchup-entries=500",
];

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
    }));
    return new Comparison(await ProcessCluster.found(members), probes);
  }

  async end(): Promise<void> {
    await this.#cluster.stop();
    this.#cluster.remove();
    rmSync(this.#probes, { recursive: true });
  }

  /** @param fill writes what the member lacks then, by so many at a time; one call for each number below `count` */
  async measure(
    what: string,
    count: number,
    fillers: number,
    fill: (caller: ProcessCaller, i: number) => Promise<unknown>,
  ): Promise<void> {
    const leader = await patiently(async () => {
      const found = await this.#cluster.leader();
      if (found === undefined) throw new Error("there is no leader");
      return found;
    });
    const behind = this.#cluster.seats.find((seat) => seat !== leader)!;
    await behind.process?.stop();
    const caller = new ProcessCaller(leader.name, leader.url, CALL_TIMEOUT_MS);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) await fill(caller, next++);
    };
    await Promise.all(Array.from({ length: fillers }, work));
    const quiet = await this.#latencies(caller, () => sleep(QUIET_MS));
    await this.#longestTurn(leader);
    const began = performance.now();
    const beside = await this.#latencies(caller, () => this.#comesBack(behind, caller));
    const seconds = (performance.now() - began) / 1_000;
    const turn = await this.#longestTurn(leader);
    caller.close();
    const by = behind.process?.log.includes("applied snapshot") ? "by a snapshot" : "by its log";
    const ratio = p99(beside) / p99(quiet);
    console.log(
      `${what}: back ${by} after ${seconds.toFixed(1)} s; p99 of ${beside.length} puts ` +
        `${p99(beside).toFixed(1)} ms, ${ratio.toFixed(2)} times that of a quiet time (${p99(quiet).toFixed(1)} ms); ` +
        `longest turn of the leader ${turn.toFixed(1)} ms, its memory at most ${memoryMib(leader)} MiB`,
    );
    if (ratio > RATIO_MAX) console.log(`MISSED: p99 above ${RATIO_MAX} times that of a quiet time`);
    if (turn > TURN_MS_MAX) console.log(`MISSED: a turn above ${TURN_MS_MAX} ms`);
    if (ratio > RATIO_MAX || turn > TURN_MS_MAX) process.exitCode = 1;
  }

  /** Until it has applied all that the leader had when it was started. */
  async #comesBack(seat: Seat, leader: ProcessCaller): Promise<void> {
    const { raftIndex } = await leader.call(METHODS.Maintenance.Status, {});
    this.#cluster.restart(seat);
    const own = new ProcessCaller(seat.name, seat.url, 1_000);
    for (;;) {
      await sleep(100);
      const status = await own.call(METHODS.Maintenance.Status, {}).catch(() => undefined);
      if (status !== undefined && status.raftAppliedIndex >= raftIndex) break;
      if (!seat.isRunning) throw new Error(`${seat.name} has ended: ${seat.process?.tail()}`);
    }
    own.close();
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
    while (!existsSync(file)) await sleep(10);
    const { longest } = JSON.parse(readFileSync(file, "utf8")) as { longest: number };
    return longest;
  }
}

function p99(took: readonly number[]): number {
  const sorted = took.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
}

function memoryMib({ process: server }: Seat): string {
  const status = readFileSync(`/proc/${server?.pid}/status`, "utf8");
  const [, kib] = /VmHWM:\s+(\d+)/.exec(status) ?? [];
  return (Number(kib) / 1_024).toFixed(0);
}

const ours = peer("nodetcd");
if (ours !== undefined) {
  const comparison = await Comparison.begin(ours);
  try {
    const small = Buffer.from("12345678");
    await comparison.measure(`${ENTRIES} entries behind`, ENTRIES, 64, (caller, i) =>
      caller.call(METHODS.KV.Put, { key: Buffer.from(`k${i % KEYS}`), value: small }),
    );
    const large = Buffer.alloc(1024 * 1024, "v");
    await comparison.measure(`${MIB} MiB behind`, MIB, 4, (caller, i) =>
      caller.call(METHODS.KV.Put, { key: Buffer.from(`large${i}`), value: large }),
    );
  } finally {
    await comparison.end();
  }
}
