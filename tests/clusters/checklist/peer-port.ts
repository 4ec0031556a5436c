/** Lines on what the peer port answers: to strangers, to those who were removed, to what is malformed. */
import { readFile } from "node:fs/promises";
import {
  LeaseInternalRequest,
  LeaseKeepAliveRequest,
  METHODS,
  MessageType,
} from "@nodetcd/messages";
import { patiently, sleep } from "../patience.ts";
import type { Seat } from "../process-cluster.ts";
import type { Check } from "./checks.ts";
import { type Answer, askPeer, type AskOptions, messageOf, StandIn } from "./stand-in.ts";
import type { Stage } from "./stage.ts";

const { KV, Lease } = METHODS;
const MIB = 1 << 20;

type Row = readonly [what: string, ask: (seat: Seat) => Promise<Answer>];

/** Each row at every member. Ids in paths and bodies of answers are those of the stand-in. */
async function rowsOf(stage: Stage, stranger: StandIn, rows: readonly Row[]): Promise<string[]> {
  const told: string[] = [];
  for (const [what, ask] of rows) {
    for (const seat of stage.seats) {
      const { status, type, body } = await ask(seat);
      const plain = stage.plain(body).replaceAll(stranger.hex, "<stranger>").trimEnd();
      told.push(
        `${what}: ${status} ${type} ${plain}`.replace(
          /"revision":\d+|"hash":\d+|"hash_revision":\d+/g,
          "",
        ),
      );
    }
  }
  return told;
}

const TOO_LOW = { "X-Server-Version": "2.9.0" };

function rowsOfStranger(stranger: StandIn): Row[] {
  const post =
    (headers: AskOptions["headers"], path = "/raft") =>
    (seat: Seat) =>
      stranger.post(
        seat,
        path,
        messageOf({ type: MessageType.MsgHeartbeatResp, from: stranger.id, to: seat.id, term: 1 }),
        headers,
      );
  const get =
    (path: string, headers: AskOptions["headers"] = {}) =>
    (seat: Seat) =>
      askPeer(seat, path, { headers: { ...stranger.headers(seat), ...headers } });
  const stream = `/raft/stream/message/${stranger.hex}`;
  return [
    ["a message", post({})],
    ["a version too low", post(TOO_LOW)],
    ["no version", post({ "X-Server-Version": undefined })],
    ["a minimum above", post({ "X-Server-Version": "3.9.0", "X-Min-Cluster-Version": "3.9.0" })],
    ["a version of the future", post({ "X-Server-Version": "4.9.0" })],
    ["a version that is none", post({ "X-Server-Version": "three" })],
    ["another cluster", post({ "X-Etcd-Cluster-Id": "1" })],
    ["another cluster, a snapshot", post({ "X-Etcd-Cluster-Id": "1" }, "/raft/snapshot")],
    ["no snapshot", post({}, "/raft/snapshot")],
    ["a message that is none", (seat) => stranger.post(seat, "/raft", Buffer.of(255, 255))],
    [
      "a message to another",
      (seat) => stranger.say(seat, { type: MessageType.MsgHeartbeatResp, to: 5n }),
    ],
    ["wrong method", get("/raft")],
    ["a stream to another", get(stream, { "X-Raft-To": "5" })],
    ["a stream of nobody", get("/raft/stream/message/1234567")],
    ["a stream of another kind", get(`/raft/stream/other/${stranger.hex}`)],
    ["a stream of no id", get("/raft/stream/message/zz")],
  ];
}

const hash =
  (body: string, headers: AskOptions["headers"] = {}) =>
  (seat: Seat): Promise<Answer> =>
    askPeer(seat, "/members/hashkv", {
      body: Buffer.from(body),
      headers: { "Content-Type": "application/json", ...headers },
    });

const promote =
  (id: string) =>
  (seat: Seat): Promise<Answer> =>
    askPeer(seat, `/members/promote/${id}`, { method: "POST" });

/** Texts that the rows above and below leave in the log. */
const LOGGED = [
  "failed version compatibility check",
  "request cluster ID mismatch",
  "failed to unmarshal Raft message",
  "rejected Raft message to mismatch member",
  "failed to find remote peer in cluster",
  "failed to parse path into ID",
  "ignored streaming request; ID mismatch",
  "failed to decode Raft message",
  "failed to promote a member",
  "failed to get hashKV",
];

async function refusals(stage: Stage): Promise<string[]> {
  const stranger = await StandIn.announce(stage);
  const told = await rowsOf(stage, stranger, [
    ...rowsOfStranger(stranger),
    ["promote no number", promote("zz")],
    ["promote an unknown one", promote("77")],
    ["promote one that is not ready", promote(String(stranger.id))],
    ["promote a voter", (seat) => promote(String(seat.id))(seat)],
    ["hash without a body", hash("")],
    ["hash of the future", hash('{"revision":1000000}')],
    ["hash of what is compacted", hash('{"revision":1}')],
    ["hash of another cluster", hash('{"revision":0}', { "X-Etcd-Cluster-Id": "1" })],
    ["hash", hash('{"revision":0}')],
  ]);
  await stranger.leave();
  await sleep(500);
  const removed = { "X-Server-From": stranger.hex };
  const gone = await rowsOf(stage, stranger, [
    [
      "a message of one that was removed",
      (seat) => stranger.say(seat, { type: MessageType.MsgHeartbeatResp, term: 1 }),
    ],
    [
      "a stream of one that was removed",
      (seat) =>
        askPeer(seat, `/raft/stream/message/${stranger.hex}`, {
          headers: { ...stranger.headers(seat), ...removed },
        }),
    ],
  ]);
  const lines = [
    ...LOGGED,
    "rejected stream from remote peer because it was removed",
    "rejected Raft message from removed member",
  ];
  const logs = await Promise.all(stage.seats.map((seat) => stage.logged(seat, lines)));
  return [...told, ...gone, ...logs];
}

/** Leases over the peer port: at the leader and at the others. */
async function leases(stage: Stage): Promise<string[]> {
  const leader = await stage.leader();
  const { id } = await stage.call(leader, Lease.LeaseGrant, { ttl: 60 });
  const post = (seat: Seat, path: string, body: Uint8Array): Promise<Answer> =>
    askPeer(seat, path, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/protobuf" },
    });
  const told = new Set<string>();
  for (const seat of stage.seats) {
    const role = seat === leader ? "leader" : "follower";
    for (const lease of [id, 77n]) {
      const asked = { leaseTimeToLiveRequest: { id: lease } };
      const [renewed, left] = [
        await post(seat, "/leases", LeaseKeepAliveRequest.encode({ id: lease })),
        await post(seat, "/leases/internal", LeaseInternalRequest.encode(asked)),
      ];
      const words = [renewed, left].map(
        ({ status, type, body }) => `${status} ${type} ${status === 200 ? "" : body}`,
      );
      told.add(
        `${role}, ${lease === id ? "known" : "unknown"}: ${words.join("; ").replaceAll("\n", "")}`,
      );
    }
    const long = await post(seat, "/leases", Buffer.alloc(65 << 10));
    told.add(`too long: ${long.status} ${long.type} ${long.body.trimEnd()}`);
  }
  return [...told].toSorted();
}

/** Memory of a process, in MiB. */
async function residentMib(seat: Seat): Promise<number> {
  const status = await readFile(`/proc/${seat.process!.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** A frame that says it has more than 512 MiB. */
async function hugeFrame(stage: Stage): Promise<string[]> {
  const stranger = await StandIn.announce(stage);
  const leader = await stage.leader();
  const key = `message ${leader.id.toString(16)}`;
  try {
    const stream = await patiently(async () => {
      const found = stranger.streams.get(key);
      if (found === undefined) throw new Error("the leader has not dialled");
      return found;
    });
    const before = await residentMib(leader);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(513 * MIB));
    stream.write(Buffer.concat([length, Buffer.alloc(64)]));
    const ended = await Promise.race([
      new Promise((resolve) => stream.on("close", () => resolve("the stream is closed"))),
      sleep(3_000).then(() => "the stream stands"),
    ]);
    const more = (await residentMib(leader)) - before;
    await patiently(() => stage.call(leader, KV.Put, { key: Buffer.from("k") }));
    return [String(ended), more < 256 ? "no memory for it" : `${more.toFixed(0)} MiB more`];
  } finally {
    await stranger.leave();
  }
}

export const PEER_PORT: readonly Check[] = [
  {
    lines: [11, 12, 13, 37],
    what: "what the peer port refuses, and what it logs",
    async look(stage) {
      const leader = await stage.leader();
      for (let i = 0; i < 5; i++) await stage.call(leader, KV.Put, { key: Buffer.from("k") });
      await stage.call(leader, KV.Compact, { revision: 4, physical: true });
      return refusals(stage);
    },
  },
  { lines: [15, 44], what: "leases at the peer port", look: leases },
  { lines: [15], what: "a frame of more than 512 MiB", look: hugeFrame },
];
