/** Lines on members of different versions: the first of the three is looked at, the others are etcd of 3.6. */
import { METHODS } from "@nodetcd/messages";
import { peer } from "../../peers.ts";
import { httpGet } from "../../processes.ts";
import { patiently, sleep } from "../patience.ts";
import type { Seat } from "../process-cluster.ts";
import type { Check } from "./checks.ts";
import { joinRefused } from "./founding.ts";
import { StandIn } from "./stand-in.ts";
import type { Stage } from "./stage.ts";
import { echoes } from "./wire.ts";

const { Maintenance } = METHODS;

async function versionsOf({ clientPort }: Seat): Promise<string> {
  return (await httpGet(clientPort, "/version")).body;
}

function untilCluster(seat: Seat, version: string): Promise<string> {
  return patiently(async () => {
    const told = await versionsOf(seat);
    if (!told.includes(`"etcdcluster":"${version}`) || !told.includes(`"storage":"${version}`))
      throw new Error(told);
    return told;
  });
}

async function lead(stage: Stage, seat: Seat): Promise<void> {
  await patiently(async () => {
    const leader = await stage.leader();
    if (leader === seat) return;
    await stage.ask(leader, Maintenance.MoveLeader, { targetId: seat.id });
    throw new Error("the leader has not moved");
  });
}

/** Under a leader of 3.6, and then leading itself. */
async function among36(stage: Stage): Promise<string[]> {
  const [first, second] = stage.seats as [Seat, Seat];
  await lead(stage, second);
  const following = await untilCluster(first, "3.6.0");
  const echoed = await echoes(stage);
  await lead(stage, first);
  await sleep(5_000);
  return [following, ...echoed, await versionsOf(first)];
}

/** The last of 3.6 goes: not while one is listed that does not answer. */
async function upgrade(stage: Stage): Promise<string[]> {
  const [first, ...others] = stage.seats as [Seat, Seat, Seat];
  const silent = await StandIn.announce(stage);
  silent.answer = () => 404;
  for (const seat of others) {
    await seat.process!.stop();
    seat.program = peer("etcd")!;
    stage.cluster.restart(seat);
    await stage.cluster.ready();
  }
  await lead(stage, first);
  await sleep(9_000);
  const kept = await versionsOf(first);
  await silent.leave();
  const began = performance.now();
  const raised = await untilCluster(first, "3.7.0");
  const tookMs = performance.now() - began;
  const lines = await stage.logged(first, [
    "updating cluster version using v3 API",
    "updated cluster version",
    "cluster version is updated",
    "cluster version differs from storage version.",
    "updated storage version",
  ]);
  return [
    kept,
    raised,
    tookMs < 6_000 ? "within two looks" : `after ${tookMs.toFixed(0)} ms`,
    lines,
  ];
}

export const VERSIONS: readonly Check[] = [
  { lines: [9, 47], what: "a member of 3.7 among those of 3.6", look: among36 },
  { lines: [46, 49], what: "the last member of 3.6 is replaced", look: upgrade },
  {
    lines: [18, 49],
    what: "joins that the version forbids",
    async look(stage, program) {
      const [etcd36, told] = [peer("etcd36")!, [] as string[]];
      told.push(`3.6 into 3.7: ${await joinRefused(stage, etcd36)}`);
      const seat = stage.seats[0]!;
      const [enable, cancel] = [1, 2];
      told.push(await stage.ask(seat, Maintenance.Downgrade, { action: enable, version: "3.6.0" }));
      told.push(`3.7 during a downgrade: ${await joinRefused(stage, program)}`);
      told.push(await stage.ask(seat, Maintenance.Downgrade, { action: cancel }));
      return told;
    },
  },
];
