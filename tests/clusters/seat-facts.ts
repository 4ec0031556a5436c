/** What is asked of one member process. */
import { readFileSync, writeFileSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import { ProcessCaller } from "./caller.ts";
import { patiently, sleep } from "./patience.ts";
import type { ProcessCluster, Seat } from "./process-cluster.ts";

const PATIENCE_MS = 60_000;

/** False also while it does not answer; raises once it has ended. */
export async function hasApplied(seat: Seat, raftIndex: number): Promise<boolean> {
  if (!seat.isRunning) throw new Error(`${seat.name} has ended: ${seat.process?.tail()}`);
  const caller = new ProcessCaller(seat.name, seat.url, 1_000);
  const status = await caller.call(METHODS.Maintenance.Status, {}).catch(() => undefined);
  caller.close();
  return status !== undefined && status.raftAppliedIndex >= raftIndex;
}

export function leaderOf(cluster: ProcessCluster): Promise<Seat> {
  return patiently(async () => {
    const found = await cluster.leader();
    if (found === undefined) throw new Error("there is no leader");
    return found;
  });
}

/** Waits until all that run have the same history. */
export async function expectEqual(seats: readonly Seat[]): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const hashes = await Promise.all(seats.map((seat) => hashOf(seat)));
    if (hashes.every((hash) => hash !== "" && hash === hashes[0])) return;
    if (Date.now() > deadline) throw new Error(`members differ: ${hashes.join(" ")}`);
    await sleep(200);
  }
}

async function hashOf(seat: Seat): Promise<string> {
  const caller = new ProcessCaller(seat.name, seat.url, PATIENCE_MS);
  try {
    const { hash, header } = await caller.call(METHODS.Maintenance.HashKV, { revision: 0 });
    return `${hash} at ${header?.revision}`;
  } catch {
    return "";
  } finally {
    caller.close();
  }
}

/** Resident memory of a member from now on, in MiB (Linux). */
export class Memory {
  readonly #pid: number;
  readonly before: number;

  constructor({ process: server }: Seat) {
    this.#pid = server?.pid ?? 0;
    // The peak is forgotten.
    writeFileSync(`/proc/${this.#pid}/clear_refs`, "5");
    this.before = this.#read("VmRSS");
  }

  get most(): number {
    return this.#read("VmHWM");
  }

  #read(name: string): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    const [, kib] = new RegExp(`${name}:\\s+(\\d+)`).exec(status) ?? [];
    return Math.round(Number(kib) / 1_024);
  }
}
