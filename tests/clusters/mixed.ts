/**
 * Members of nodetcd and of real etcd in one cluster, in every order: who founds it, who joins, who leads, who is
 * killed, who is so far behind that it needs a snapshot; with leases, transactions, deletions,
 * compactions, users and alarms. Then three of ours become three of theirs and back, live.
 *
 *     SEED=1 WRITES=100000 npm run prove -- cluster-mixed [etcd|etcd36] [mixed|rolling]
 *
 * At the end all members have one history, and `etcdutl` and `bbolt check` find every directory sound.
 */
import { METHODS } from "@nodetcd/messages";
import { isAtLeast, type Peer, peer } from "../peers.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { checkDirectories } from "./directories.ts";
import { MixedCluster } from "./mixed-cluster.ts";
import { patiently, sleep } from "./patience.ts";

/** Entries until a member writes a snapshot, and how many it keeps for members that are behind. */
const FLAGS = ["--snapshot-count=300", "--snapshot-catchup-entries=100", "--bcrypt-cost=4"];
/** More than both together. */
const FAR_BEHIND = 1_000;
/** How long a leader keeps its log once it has sent a snapshot, and a little more. */
const LOG_KEPT_MS = 32_000;

type Step = (cluster: MixedCluster, writes: number) => Promise<void>;

/** Parts of `writes` writes through members of both kinds; each ends with all members equal. */
const STEPS: readonly (readonly [string, Step])[] = [
  ["the first leads", (cluster, writes) => cluster.work(writes)],
  [
    "the other kind leads",
    async (cluster, writes) => {
      await cluster.moveLeader((seat, leader) => seat.program !== leader.program);
      await cluster.work(writes);
    },
  ],
  ["one of ours comes from far behind", (cluster, writes) => farBehind(cluster, writes, "nodetcd")],
  ["one of theirs comes from far behind", (cluster, writes) => farBehind(cluster, writes, "etcd")],
  [
    "one of each kind is killed",
    async (cluster, writes) => {
      for (const isOurs of [true, false]) {
        const seat = cluster.find(isOurs);
        await cluster.work(writes / 2, async () => {
          await seat.kill();
          cluster.processes.restart(seat);
          await cluster.processes.ready();
        });
      }
    },
  ],
  [
    "with users",
    async (cluster, writes) => {
      await cluster.enableUsers();
      await cluster.work(writes);
      await cluster.disableUsers();
    },
  ],
  ["an alarm", (cluster) => alarm(cluster)],
];

/**
 * A member is away for more entries than the others keep; the leader is of the other kind. One that has sent a
 * snapshot just before keeps its whole log for a while: then the member must be away for longer.
 */
async function farBehind(cluster: MixedCluster, writes: number, kind: string): Promise<void> {
  const isOurs = kind === "nodetcd";
  await cluster.moveLeader((seat) => cluster.isOurs(seat) !== isOurs);
  const seat = cluster.find(isOurs);
  for (const awayMs of [0, LOG_KEPT_MS]) {
    await seat.process?.stop();
    await sleep(awayMs);
    await cluster.work(Math.max(writes, FAR_BEHIND), undefined, [seat]);
    cluster.processes.restart(seat);
    await cluster.processes.ready();
    await cluster.settle();
    if (seat.process?.log.includes("applied snapshot") === true) return;
  }
  throw new Error(`${seat.name} got no snapshot:\n${seat.process?.tail()}`);
}

/** One member's alarm stops writes through all, until it is taken back. */
async function alarm(cluster: MixedCluster): Promise<void> {
  const [first, ...others] = cluster.callers;
  const request = { memberId: cluster.processes.seats[0]!.id, alarm: 1 };
  await first!.call(METHODS.Maintenance.Alarm, { action: 1, ...request });
  const put = { key: Buffer.from("alarmed"), value: Buffer.from("1") };
  for (const caller of others) {
    await patiently(async () => {
      const answer = await caller.call(METHODS.KV.Put, put).then(() => "taken", String);
      if (!/database space exceeded/.test(answer))
        throw new Error(`put under the alarm: ${answer}`);
    });
  }
  await others[0]!.call(METHODS.Maintenance.Alarm, { action: 2, ...request });
}

/** Who founds a cluster, and who joins it one after the other. */
interface Line {
  readonly what: string;
  readonly founders: readonly Peer[];
  readonly joiners: readonly Peer[];
}

/** What can be mixed with etcd 3.7; one of 3.6 does not join a cluster that is 3.7 already, but founds one together with ours. */
function linesOf(ours: Peer, theirs: Peer): Line[] {
  const first = isAtLeast(theirs.version, "3.7")
    ? { what: "founded by ours", founders: [ours], joiners: [theirs, theirs] }
    : { what: "founded together", founders: [ours, theirs, theirs], joiners: [] };
  return [first, { what: "founded by theirs", founders: [theirs], joiners: [ours, theirs] }];
}

async function mixed(ours: Peer, { founders, joiners }: Line, writes: number): Promise<void> {
  const seed = new Seeded(chosenSeed());
  const cluster = await MixedCluster.found(founders, ours, FLAGS, seed);
  try {
    for (const program of joiners) {
      await cluster.join(program);
      await cluster.work(writes / 20);
    }
    for (const [name, step] of STEPS) {
      const began = performance.now();
      await step(cluster, writes / STEPS.length);
      await cluster.settle();
      console.log(`  ${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
    }
    console.log(`  ${cluster.summary}`);
    await cluster.stop();
    await checkDirectories(cluster.processes.seats);
  } finally {
    await cluster.dispose();
  }
}

/**
 * Three of ours become three of theirs on the same directories, and then new members of ours take their places. Where
 * theirs are 3.6 the cluster is told to go back to that version before.
 */
async function rolling(ours: Peer, theirs: Peer): Promise<void> {
  const seed = new Seeded(chosenSeed());
  const cluster = await MixedCluster.found([ours, ours, ours], ours, FLAGS, seed);
  try {
    await cluster.during(async () => {
      if (!isAtLeast(theirs.version, "3.7")) await cluster.downgrade("3.6.0");
      for (const seat of cluster.processes.seats) {
        await seat.process?.stop();
        seat.program = theirs;
        cluster.processes.restart(seat);
        await cluster.processes.ready();
      }
      console.log("  all are theirs");
      for (const seat of cluster.processes.seats.slice()) {
        await cluster.dismiss(seat);
        await cluster.join(ours);
      }
      console.log("  all are ours");
    });
    await cluster.settle();
    console.log(`  ${cluster.summary}`);
    await cluster.stop();
    await checkDirectories(cluster.processes.seats, cluster.processes.dismissed);
  } finally {
    await cluster.dispose();
  }
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const isWanted = (word: string, among: RegExp): boolean =>
    words.includes(word) || !words.some((each) => among.test(each));
  const ours = peer("nodetcd");
  const writes = Number(process.env["WRITES"] ?? 100_000);
  console.log(`SEED=${chosenSeed()} WRITES=${writes}`);
  for (const name of ["etcd", "etcd36"] as const) {
    if (!isWanted(name, /etcd/)) continue;
    const theirs = peer(name);
    if (ours === undefined || theirs === undefined) continue;
    if (isWanted("mixed", /mixed|rolling/)) {
      for (const line of linesOf(ours, theirs)) {
        console.log(`nodetcd and etcd ${theirs.version}, ${line.what}`);
        await mixed(ours, line, writes / 2);
      }
    }
    if (!isWanted("rolling", /mixed|rolling/)) continue;
    console.log(`three of nodetcd become three of etcd ${theirs.version} and back`);
    await rolling(ours, theirs);
  }
}

await main();
