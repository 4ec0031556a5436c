/** Lines on leaders that go, members that are alone, and what operators see of it. */
import { METHODS } from "@nodetcd/messages";
import { Connection } from "../../rpc.ts";
import { httpGet } from "../../processes.ts";
import { patiently, sleep } from "../patience.ts";
import type { Check } from "./checks.ts";
import type { Seat } from "../process-cluster.ts";
import type { Stage } from "./stage.ts";

const { KV, Lease, Maintenance, Cluster } = METHODS;
const put = { key: Buffer.from("k"), value: Buffer.from("v") };
/** Waits are compared in seconds, roughly. */
const about = (ms: number): string =>
  ms < 3_500 ? "soon" : ms < 9_000 ? "after seven seconds" : "late";

async function timed(work: () => Promise<string>): Promise<string> {
  const began = performance.now();
  const told = await work();
  return `${told} ${about(performance.now() - began)}`;
}

/** All that a member says that reaches nobody. */
async function alone(stage: Stage, seat: Seat): Promise<string[]> {
  const peerUrls = ["http://127.0.0.1:1"];
  return Promise.all([
    timed(() => stage.page(seat, "/health")),
    timed(() => stage.page(seat, "/health?serializable=true")),
    timed(() => stage.page(seat, "/livez")),
    timed(() => stage.page(seat, "/readyz")),
    timed(() => stage.page(seat, "/readyz?exclude=linearizable_read")),
    timed(() => stage.ask(seat, KV.Put, put)),
    timed(() => stage.ask(seat, KV.Range, put)),
    timed(() => stage.ask(seat, KV.Range, { ...put, serializable: true })),
    timed(() => stage.ask(seat, Cluster.MemberAdd, { peerUrls })),
    timed(() =>
      stage.ask(
        seat,
        Maintenance.Status,
        {},
        undefined,
        ({ leader, errors }) => `${leader} ${errors.join()}`,
      ),
    ),
  ]);
}

function names(text: string): string[] {
  const found = text.split("\n").filter((line) => /^etcd_(network|server)_/.test(line));
  return found.map((line) => line.replace(/ [^ ]+$/, ""));
}

/** Tenths of a second: what is well is looked at every thirty seconds. */
const PROBE_LOOKS = 450;

/** Fields of the first line that says so. */
function fieldsOf(seat: Seat, text: string): string {
  const line = seat.process!.log.split("\n").find((each) => each.includes(text)) ?? "{}";
  const { ts: _ts, caller: _caller, ...fields } = JSON.parse(line) as Record<string, unknown>;
  return `${text}: ${Object.keys(fields).join(" ")}`;
}

async function warnings(stage: Stage): Promise<string[]> {
  const [leader, seat] = [await stage.leader(), await stage.follower()];
  stage.cluster.links.delayOf = (head) => (head.startsWith("GET /raft/probing") ? 2_600 : 0);
  const late = "prober found high clock drift";
  for (let i = 0; i < PROBE_LOOKS && !leader.process!.log.includes(late); i++) await sleep(100);
  stage.cluster.links.delayOf = () => 0;
  const away = "prober detected unhealthy status";
  await seat.kill();
  for (let i = 0; i < PROBE_LOOKS && !leader.process!.log.includes(away); i++) await sleep(100);
  const metric = async (): Promise<boolean> => {
    const { body } = await httpGet(leader.clientPort, "/metrics");
    return /^etcd_network_peer_round_trip_time_seconds_count\{To="[0-9a-f]+"\} [1-9]/m.test(body);
  };
  const told = [
    fieldsOf(leader, late),
    fieldsOf(leader, away),
    `round trips are measured: ${await metric()}`,
  ];
  stage.cluster.restart(seat);
  await stage.cluster.ready();
  return told;
}

export const LEADERSHIP: readonly Check[] = [
  {
    lines: [44, 45],
    what: "leases by a follower, and over a change of leaders",
    async look(stage) {
      const follower = await stage.follower();
      const { id } = await stage.call(follower, Lease.LeaseGrant, { ttl: 60 });
      const ttl = (seat: Seat, lease: bigint): Promise<string> =>
        stage.ask(
          seat,
          Lease.LeaseTimeToLive,
          { id: lease },
          undefined,
          ({ ttl: left, grantedTtl }) =>
            left > 0
              ? `${left > 55 ? "full" : "less"} of ${grantedTtl}`
              : `${left} of ${grantedTtl}`,
        );
      await sleep(6_500);
      const before = await ttl(follower, id);
      const leader = await stage.leader();
      await stage.ask(leader, Maintenance.MoveLeader, { targetId: follower.id });
      await patiently(async () => {
        if ((await stage.leader()) === leader) throw new Error("the leader has not moved");
      });
      await sleep(500);
      return [before, await ttl(leader, id), await ttl(leader, 12_345n)];
    },
  },
  {
    lines: [37],
    what: "hashes over the peer port",
    async look(stage) {
      await stage.call(await stage.follower(), KV.Put, put);
      const told = await Promise.all(
        stage.seats.map(({ peerUrl }) => httpGet(Number(new URL(peerUrl).port), "/members/hashkv")),
      );
      return told.map(({ status, body }) => stage.plain(`${status} ${body}`));
    },
  },
  {
    lines: [50],
    what: "a leader that stands still for a moment",
    async look(stage) {
      const leader = await stage.leader();
      leader.process!.signal("SIGSTOP");
      await sleep(700);
      leader.process!.signal("SIGCONT");
      const late = await stage.logged(leader, [
        "leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk",
      ]);
      const { body } = await httpGet(leader.clientPort, "/metrics");
      const failures = /^etcd_server_heartbeat_send_failures_total (\d+)/m.exec(body)?.[1];
      return [late, `counted: ${Number(failures) > 0}`];
    },
  },
  {
    lines: [50],
    what: "a member whose clock seems to be wrong, and one that is away",
    look: warnings,
  },
  {
    lines: [39, 43, 51],
    what: "a follower that is cut off, and what the others notice",
    async look(stage) {
      const [leader, seat] = [await stage.leader(), await stage.follower()];
      const term = async (): Promise<number> =>
        (await stage.call(leader, Maintenance.Status, {})).raftTerm;
      const before = await term();
      stage.cluster.links.cut((from, to) => from === seat.name || to === seat.name);
      await sleep(3_000);
      const told = await alone(stage, seat);
      stage.cluster.links.heal();
      await patiently(() => stage.call(seat, KV.Range, put));
      const isSame = (await stage.leader()) === leader && (await term()) === before;
      return [...told, isSame ? "the leader stayed, its term too" : "another leader or term"];
    },
  },
  {
    lines: [41],
    what: "a leader without a quorum",
    async look(stage) {
      const leader = await stage.leader();
      stage.cluster.links.cut((from, to) => from === leader.name || to === leader.name);
      const line = await stage.logged(leader, [
        "stepped down to follower since quorum is not active",
      ]);
      const stale = await stage.ask(leader, KV.Range, put);
      stage.cluster.links.heal();
      await patiently(() => stage.call(leader, KV.Range, put));
      return [line, stale];
    },
  },
  {
    lines: [52],
    what: "metrics of peers",
    async look(stage) {
      const { body } = await httpGet((await stage.follower()).clientPort, "/metrics");
      const of = names(stage.plain(body)).filter(
        (line) => /_peer|peers/.test(line) && !/_bucket|Local="([^"]*)",Remote="\1"/.test(line),
      );
      return [
        ...new Set(of.map((line) => line.replace(/<m\d>|<renamed>|<member>/g, "<id>"))),
      ].toSorted();
    },
  },
  {
    lines: [38, 42],
    what: "a leader that is killed, with a put on its way; and one that is told to stop",
    async look(stage) {
      const [leader, follower] = [await stage.leader(), await stage.follower()];
      const connection = new Connection(follower.url);
      await connection.call(KV.Put, put);
      await leader.kill();
      const lost = connection.call(KV.Put, put, 15_000).then(
        () => "0",
        (error: Error & { code?: number }) => `${error.code} ${error.message}`,
      );
      const began = performance.now();
      await stage.leader();
      const waited = about(performance.now() - began);
      const told = await lost;
      connection.close();
      stage.cluster.restart(leader);
      await stage.cluster.ready();
      const next = await stage.leader();
      const other = stage.seats.find((seat) => seat !== next)!;
      await next.process!.stop();
      const answer = await timed(() => stage.ask(other, KV.Put, put));
      stage.cluster.restart(next);
      await stage.cluster.ready();
      return [waited, told, answer];
    },
  },
  {
    lines: [48],
    what: "a downgrade that is looked at, begun and taken back",
    async look(stage) {
      const seat = await stage.follower();
      const ask = (action: number, version: string): Promise<string> =>
        stage.ask(
          seat,
          Maintenance.Downgrade,
          { action, version },
          undefined,
          (answer) => answer.version,
        );
      const [validate, enable, cancel] = [0, 1, 2];
      const told = [
        await ask(validate, "3.6.0"),
        await ask(validate, "3.5.0"),
        await ask(validate, "nonsense"),
        await ask(enable, "3.6.0"),
      ];
      const storage = (wanted: string): Promise<string> =>
        patiently(async () => {
          const { storageVersion } = await stage.call(seat, Maintenance.Status, {});
          if (storageVersion !== wanted) throw new Error(`storage is of ${storageVersion}`);
          return storageVersion;
        });
      told.push(await storage("3.6.0"), await ask(enable, "3.6.0"), await ask(cancel, ""));
      return [...told, await storage("3.7.0")];
    },
  },
];
