/** Lines on members that come, change and go. */
import { METHODS, MessageType } from "@nodetcd/messages";
import { freePort, httpGet } from "../../processes.ts";
import { patiently, sleep } from "../patience.ts";
import type { Check } from "./checks.ts";
import { messagesOf, type StreamKind } from "./recording.ts";
import type { Stage } from "./stage.ts";

const UNKNOWN = 0x1234n;
const KINDS: readonly StreamKind[] = ["message", "msgapp"];
const { Cluster, Maintenance } = METHODS;
/** Until members count as connected. */
const CONNECTED_MS = 6_000;

/** Voters that were announced and never came count. */
async function tooFew(stage: Stage): Promise<string[]> {
  await sleep(CONNECTED_MS);
  const leader = await stage.leader();
  const add = async (): Promise<string> =>
    stage.ask(leader, Cluster.MemberAdd, { peerUrls: [`http://127.0.0.1:${await freePort()}`] });
  const told = [await add(), await add(), await add()];
  told.push(await stage.ask(leader, Cluster.MemberRemove, { id: (await stage.follower()).id }));
  const lines = await stage.logged(leader, [
    "rejecting member add; started member will be less than quorum",
    "rejecting member add request; not enough healthy members",
    "rejecting member remove; started member will be less than quorum",
  ]);
  const { members } = await stage.call(leader, Cluster.MemberList, {});
  for (const { id } of members.filter(({ name }) => name === "")) {
    told.push(await stage.ask(leader, Cluster.MemberRemove, { id }));
  }
  return [...told, lines];
}

/** The id of a member follows from its address and the second at which it is added. */
async function addTwice(stage: Stage): Promise<string[]> {
  await sleep(CONNECTED_MS);
  const leader = await stage.leader();
  const request = { peerUrls: [`http://127.0.0.1:${await freePort()}`], isLearner: true };
  await sleep(1_000 - (Date.now() % 1_000));
  const second = Math.floor(Date.now() / 1_000);
  const [first, twice] = [
    await stage.ask(leader, Cluster.MemberAdd, request),
    await stage.ask(leader, Cluster.MemberAdd, request),
  ];
  if (Math.floor(Date.now() / 1_000) !== second) return ["too slow to be asked twice in a second"];
  await sleep(1_100);
  const later = await stage.ask(leader, Cluster.MemberAdd, request);
  const { members } = await stage.call(leader, Cluster.MemberList, {});
  const { id } = members.find(({ name }) => name === "")!;
  return [first, twice, later, await stage.ask(leader, Cluster.MemberRemove, { id })];
}

/** The others come to a member's new address, and go on with it there. */
async function moveHouse(stage: Stage): Promise<string[]> {
  const [leader, seat] = [await stage.leader(), await stage.follower()];
  const [old, port] = [seat.peerUrl, await freePort()];
  await stage.cluster.links.serve(seat.name, port, seat.listenPort);
  const url = `http://127.0.0.1:${port}`;
  const told = [await stage.ask(leader, Cluster.MemberUpdate, { id: seat.id, peerUrls: [url] })];
  seat.peerUrl = url;
  told.push(await stage.logged(leader, ["updated member", "updated remote peer"]));
  // Streams that stand are left alone, until their address is no more.
  stage.cluster.links.abandon(Number(new URL(old).port));
  const dialled = await patiently(async () => {
    const lines = KINDS.flatMap((kind) => stage.recording.streams(kind));
    const callers = new Set(lines.filter((line) => line.port === port).map(({ from }) => from()));
    if (callers.size < 2) throw new Error(`${callers.size} members dial the new address`);
    return callers.size;
  });
  told.push(`${dialled} dial it there`, await stage.members(seat));
  const back = await stage.ask(leader, Cluster.MemberUpdate, { id: seat.id, peerUrls: [old] });
  seat.peerUrl = old;
  await stage.cluster.links.serve(seat.name, Number(new URL(old).port), seat.listenPort);
  stage.cluster.links.abandon(port);
  await patiently(() => stage.call(seat, METHODS.KV.Range, { key: Buffer.from("k") }));
  return [...told, back];
}

/** Its connections stand, so it counts as connected. */
async function standStill(stage: Stage): Promise<string[]> {
  await sleep(CONNECTED_MS);
  const [leader, seat] = [await stage.leader(), await stage.follower()];
  seat.process!.signal("SIGSTOP");
  await sleep(1_500);
  const peerUrls = [`http://127.0.0.1:${await freePort()}`];
  const added = await stage.ask(leader, Cluster.MemberAdd, { peerUrls, isLearner: true });
  seat.process!.signal("SIGCONT");
  const { members } = await stage.call(leader, Cluster.MemberList, {});
  const id = members.find(({ name }) => name === "")?.id ?? 0n;
  return [added, await stage.ask(leader, Cluster.MemberRemove, { id })];
}

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
  { lines: [25], what: "changes that would leave too few", look: tooFew },
  { lines: [28], what: "one address twice in a second, and later", look: addTwice },
  { lines: [31], what: "another address while it runs", look: moveHouse },
  { lines: [53], what: "an addition while one stands still", look: standStill },
  {
    lines: [32, 40],
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
      const votes = stage.recording
        .streams("message")
        .filter((line) => line.to === follower.name)
        .flatMap(messagesOf)
        .filter(({ message: { type } }) => type === MessageType.MsgVote)
        .map(({ message: { context } }) => Buffer.from(context).toString());
      return [
        ...told,
        next === follower ? "moved" : `moved to ${next.name}`,
        votes.includes("CampaignTransfer") ? "asked for votes in spite of the lease" : votes.join(),
      ];
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
      const line = await stage.logged(leader, [
        "rejecting member add request; local member has not been connected to majority peers, reconfigure breaks active quorum",
      ]);
      await sleep(CONNECTED_MS);
      const late = await stage.ask(leader, Cluster.MemberAdd, { peerUrls });
      const { members } = await stage.call(leader, Cluster.MemberList, {});
      const { id } = members.find(({ name }) => name === "")!;
      return [early, line, late, await stage.ask(leader, Cluster.MemberRemove, { id })];
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
      const voter = await stage.ask(leader, Cluster.MemberPromote, { id: seat.id });
      const { body } = await httpGet(leader.clientPort, "/metrics");
      const metrics = body
        .split("\n")
        .filter((line) => line.startsWith("etcd_server_learner_promote"));
      return [...told, promoted, voter, ...metrics.toSorted()];
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
      const seen = await stage.logged(leader, ["removed member", "removed remote peer"]);
      stage.cluster.restart(seat);
      const next = await seat.process!.exited;
      const other = await stage.follower();
      const stopped = await (other === seat ? leader : other).process!.stop();
      return [
        removed,
        `exit ${status}`,
        lines,
        again,
        seen,
        // Sometimes it hears of its removal only after it was ready, and then ends as above.
        `on its directory again: ${next === 0 || next === 1 ? "ends by itself" : next}`,
        // By the signal, or with 0: docs/deviations.md.
        `at SIGTERM: ${/^(SIGTERM|0)$/.test(String(stopped)) ? "a clean end" : stopped}`,
      ];
    },
  },
];
