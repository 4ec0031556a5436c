/** Lines on members that come, change and go. */
import { METHODS } from "@nodetcd/messages";
import { freePort } from "../../processes.ts";
import { patiently, sleep } from "../patience.ts";
import type { Check } from "./checks.ts";

const UNKNOWN = 0x1234n;
const { Cluster, Maintenance } = METHODS;
/** Until members count as connected. */
const CONNECTED_MS = 6_000;

export const MEMBERSHIP: readonly Check[] = [
  {
    lines: [25, 28],
    what: "changes that are refused, at the leader and at a follower",
    async look(stage) {
      await sleep(CONNECTED_MS);
      const told: string[] = [];
      const [leader, follower] = [await stage.leader(), await stage.follower()];
      for (const seat of [leader, follower]) {
        const known = follower.peerUrl;
        told.push(
          await stage.ask(seat, Cluster.MemberAdd, { peerUrls: [] }),
          await stage.ask(seat, Cluster.MemberAdd, { peerUrls: ["nonsense"] }),
          await stage.ask(seat, Cluster.MemberAdd, { peerUrls: [known] }),
          await stage.ask(seat, Cluster.MemberRemove, { id: UNKNOWN }),
          await stage.ask(seat, Cluster.MemberUpdate, {
            id: UNKNOWN,
            peerUrls: ["http://127.0.0.1:1"],
          }),
          await stage.ask(seat, Cluster.MemberUpdate, { id: leader.id, peerUrls: [known] }),
          await stage.ask(seat, Cluster.MemberPromote, { id: UNKNOWN }),
          await stage.ask(seat, Cluster.MemberPromote, { id: follower.id }),
        );
      }
      return told;
    },
  },
  {
    lines: [32],
    what: "moving the leader: five cases",
    async look(stage) {
      const [leader, follower] = [await stage.leader(), await stage.follower()];
      const move = (seat: typeof leader, targetId: bigint): Promise<string> =>
        stage.ask(seat, Maintenance.MoveLeader, { targetId });
      const told = [
        await move(follower, follower.id),
        await move(leader, UNKNOWN),
        await move(leader, 0n),
        await move(leader, leader.id),
        await move(leader, follower.id),
      ];
      const next = await patiently(async () => {
        const found = await stage.leader();
        if (found === leader) throw new Error("the leader has not moved");
        return found;
      });
      return [...told, next === follower ? "moved" : `moved to ${next.name}`];
    },
  },
  {
    lines: [26],
    what: "an addition right after a restart, and five seconds later",
    async look(stage) {
      const seat = await stage.follower();
      await seat.process!.stop();
      stage.cluster.restart(seat);
      await stage.cluster.ready();
      const peerUrls = [`http://127.0.0.1:${await freePort()}`];
      const leader = await stage.leader();
      const early = await stage.ask(leader, Cluster.MemberAdd, { peerUrls });
      await sleep(CONNECTED_MS);
      const late = await stage.ask(leader, Cluster.MemberAdd, { peerUrls });
      const { members } = await stage.call(leader, Cluster.MemberList, {});
      const { id } = members.find(({ name }) => name === "")!;
      return [early, late, await stage.ask(leader, Cluster.MemberRemove, { id })];
    },
  },
  {
    lines: [29, 30],
    what: "a learner: refused promotions, and what it answers",
    async look(stage, program) {
      await sleep(CONNECTED_MS);
      const leader = await stage.leader();
      const seat = await stage.cluster.addLearner(leader, program);
      const put = { key: Buffer.from("k"), value: Buffer.from("v") };
      const early = await stage.ask(leader, Cluster.MemberPromote, { id: seat.id });
      const second = await stage.ask(leader, Cluster.MemberAdd, {
        peerUrls: [`http://127.0.0.1:${await freePort()}`],
        isLearner: true,
      });
      await stage.cluster.startJoined(seat);
      const told = [
        early,
        second,
        await stage.ask(seat, METHODS.KV.Put, put),
        await stage.ask(seat, METHODS.KV.Range, put),
        await stage.ask(seat, METHODS.KV.Range, { ...put, serializable: true }),
        await stage.ask(seat, METHODS.Lease.LeaseGrant, { ttl: 10 }),
        await stage.ask(seat, Cluster.MemberList, { linearizable: false }),
        await stage.ask(seat, Maintenance.HashKV, {}),
        await stage.ask(seat, Maintenance.Status, {}, undefined, ({ isLearner }) =>
          String(isLearner),
        ),
        await stage.page(seat, "/health"),
        await stage.page(seat, "/livez"),
        await stage.page(seat, "/readyz"),
      ];
      const promoted = await patiently(async () => {
        const answer = await stage.ask(await stage.follower(), Cluster.MemberPromote, {
          id: seat.id,
        });
        if (/in sync/.test(answer)) throw new Error(answer);
        return answer;
      });
      return [...told, promoted, await stage.ask(leader, Cluster.MemberPromote, { id: seat.id })];
    },
  },
  {
    lines: [27, 28],
    what: "a removed member: how it ends, and again on its directory",
    async look(stage) {
      await sleep(CONNECTED_MS);
      const leader = await stage.leader();
      const seat = stage.seats.findLast((each) => each !== leader)!;
      const removed = await stage.ask(leader, Cluster.MemberRemove, { id: seat.id });
      const status = await seat.process!.exited;
      const lines = await stage.logged(seat, [
        "the member has been permanently removed from the cluster",
        "data-dir used by this member must be removed",
      ]);
      const again = await stage.ask(leader, Cluster.MemberRemove, { id: seat.id });
      return [removed, `exit ${status}`, lines, again];
    },
  },
];
