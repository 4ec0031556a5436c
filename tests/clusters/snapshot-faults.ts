/**
 * A member gets a snapshot of MIB mebibytes from the leader, and in the middle of it one of the two dies by kill -9, or the
 * receiver stands still for 20 s. It comes back each time, writes of others go on, a receiver that stands still costs
 * the leader no memory, and the members are equal (Linux).
 *
 *     MIB=300 npm run prove -- cluster-snapshot-faults [part of a fault's name...]
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import { ProcessCaller } from "./caller.ts";
import { fill } from "./fill.ts";
import { sleep } from "./patience.ts";
import { ProcessCluster, type Seat } from "./process-cluster.ts";
import { expectEqual, hasApplied, leaderOf, Memory } from "./seat-facts.ts";

const MIB = Number(process.env["MIB"] ?? 300);
const MIB_BYTES = 1_048_576;
const STANDSTILL_MS = 20_000;
const CALL_TIMEOUT_MS = 10_000;
const GROWTH_MIB_MAX = 128;
const PATIENCE_MS = 120_000;
const FLAGS = [
  "--quota-backend-bytes=8589934592",
  "--snapshot-count=100",
  "--snapshot-catchup-entries=50",
];

interface Scene {
  readonly cluster: ProcessCluster;
  readonly leader: Seat;
  /** It has a third of the snapshot. */
  readonly receiver: Seat;
}

const FAULTS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "kill the receiver": async ({ cluster, receiver }) => {
    await receiver.kill();
    await sleep(500);
    cluster.restart(receiver);
  },
  "kill the leader": async ({ cluster, leader }) => {
    await leader.kill();
    await leaderOf(cluster);
    cluster.restart(leader);
  },
  "stop the receiver": async ({ leader, receiver }) => {
    const memory = new Memory(leader);
    receiver.process?.signal("SIGSTOP");
    const writes = await writesFor(leader, STANDSTILL_MS);
    receiver.process?.signal("SIGCONT");
    const growth = memory.most - memory.before;
    console.log(`  ${writes} writes meanwhile; the leader's memory grew by ${growth} MiB`);
    if (writes < 100) throw new Error("writes did not go on");
    if (growth > GROWTH_MIB_MAX) throw new Error(`more than ${GROWTH_MIB_MAX} MiB`);
  },
};

async function writesFor(leader: Seat, ms: number): Promise<number> {
  const caller = new ProcessCaller(leader.name, leader.url, CALL_TIMEOUT_MS);
  const end = Date.now() + ms;
  let writes = 0;
  for (; Date.now() < end; writes++) {
    await caller.call(METHODS.KV.Put, { key: Buffer.from("beside"), value: Buffer.from("v") });
    await sleep(10);
  }
  caller.close();
  return writes;
}

/** Bytes of the snapshot that have come to its disk. */
function received(seat: Seat): number {
  const folder = join(seat.dataDirectory, "member", "snap");
  const names = readdirSync(folder).filter((name) => name.startsWith("tmp-"));
  return names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function run(program: Peer, name: string): Promise<void> {
  const member = { program, flags: FLAGS, isDirect: true };
  const cluster = await ProcessCluster.found([member, member, member]);
  try {
    const leader = await leaderOf(cluster);
    const receiver = cluster.seats.find((seat) => seat !== leader)!;
    await receiver.process?.stop();
    const value = Buffer.alloc(MIB_BYTES, "v");
    const key = (i: number): string => `large${i}`;
    await fill({ what: name, port: leader.clientPort, count: MIB, inFlight: 8, key, value });
    const caller = new ProcessCaller(leader.name, leader.url, CALL_TIMEOUT_MS);
    const { raftIndex } = await caller.call(METHODS.Maintenance.Status, {});
    caller.close();
    cluster.restart(receiver);
    const deadline = Date.now() + PATIENCE_MS;
    while (received(receiver) < (MIB * MIB_BYTES) / 3) {
      if (Date.now() > deadline) throw new Error("the snapshot does not come");
      await sleep(1);
    }
    await FAULTS[name]!({ cluster, leader, receiver });
    while (!(await hasApplied(receiver, raftIndex))) {
      if (Date.now() > deadline) throw new Error("it does not come back");
      await sleep(100);
    }
    await cluster.ready();
    await expectEqual(cluster.running);
    if (cluster.running.length !== 3) throw new Error("a member has ended");
    console.log(`${name}: back, and equal`);
  } finally {
    await cluster.stop();
    cluster.remove();
  }
}

const wanted = process.argv.slice(2);
const ours = peer("nodetcd");
if (ours !== undefined) {
  for (const name of Object.keys(FAULTS)) {
    if (wanted.length === 0 || wanted.some((part) => name.includes(part))) await run(ours, name);
  }
}
