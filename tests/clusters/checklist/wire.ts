/** Lines on what members send each other: requests, streams and frames. */
import { connect } from "node:net";
import { METHODS, MessageType } from "@nodetcd/messages";
import { httpGet } from "../../processes.ts";
import { patiently, sleep } from "../patience.ts";
import type { Seat } from "../process-cluster.ts";
import type { Check } from "./checks.ts";
import {
  appendsOf,
  endsInOrder,
  isSignOfLife,
  messagesOf,
  type Recorded,
  requestOf,
  type StreamKind,
} from "./recording.ts";
import { framed, messageOf, StandIn } from "./stand-in.ts";
import type { Stage } from "./stage.ts";

const { KV, Maintenance } = METHODS;
const put = { key: Buffer.from("k"), value: Buffer.from("v") };
const KINDS: readonly StreamKind[] = ["message", "msgapp"];
/** Of a writer, five seconds in three. */
const SIGN_OF_LIFE_MS = 5_000 / 3;

/**
 * The different heads of members' requests, without what names a member, and without what Go's HTTP library adds of
 * its own: its name, and that it could unpack what nobody packs.
 */
export function heads(
  stage: Stage,
  requests: readonly { readonly from: () => string; readonly head: string }[],
): string[] {
  const plain = requests
    .filter(({ from }) => from() !== "")
    .map(({ head }) =>
      stage
        .plain(head)
        .replace(/<(peer |url )?m\d>/g, "<$1member>")
        .replace(/(?<=^Host: ).*/im, "<address>")
        .replace(/(?<=^Content-Length: )\d+/im, "<length>")
        .replace(/(?<=^X-Etcd-Cluster-Id: )\w+/im, "<cluster>")
        .split("\r\n")
        .filter((field) => !/^(User-Agent|Accept-Encoding): /i.test(field)),
    );
  return [...new Set(plain.map(([first, ...fields]) => [first, ...fields.toSorted()].join(" | ")))];
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

const gaps = (times: readonly number[]): number[] =>
  times.slice(1).map((time, i) => time - times[i]!);

/** `what` where a time is near the due one, else the time. */
const near = (ms: number, due: number, what: string): string =>
  Math.abs(ms - due) < due * 0.15 ? what : `${ms.toFixed(0)} ms`;

/** When signs of life came on a stream. */
function signsOf(line: Recorded, kind: StreamKind): number[] {
  return kind === "message"
    ? messagesOf(line)
        .filter(isSignOfLife)
        .map(({ at }) => at)
    : appendsOf(line)
        .filter(({ type }) => type === 0)
        .map(({ at }) => at);
}

/** Streams between members that have heard something of late. */
function livingStreams({ recording }: Stage, kind: StreamKind): Recorded[] {
  const since = performance.now() - 2 * SIGN_OF_LIFE_MS;
  return recording.streams(kind).filter(({ back }) => back.at(-1)!.at > since);
}

async function signsOfLife(stage: Stage): Promise<string[]> {
  await sleep(6 * SIGN_OF_LIFE_MS);
  return KINDS.map((kind) => {
    const living = livingStreams(stage, kind);
    const told = living.map((line) => {
      const signs = signsOf(line, kind).slice(-4);
      const between = (signs.at(-1)! - signs[0]!) / (signs.length - 1);
      return near(between, SIGN_OF_LIFE_MS, "every 1.67 s");
    });
    return `${living.length} streams ${kind}: ${[...new Set(told)].join(", ")}`;
  });
}

async function appends(stage: Stage): Promise<string[]> {
  const follower = await stage.follower();
  for (let i = 0; i < 20; i++) await stage.call(follower, KV.Put, put);
  const leader = await stage.leader();
  await stage.ask(leader, Maintenance.MoveLeader, { targetId: follower.id });
  await patiently(() => stage.call(follower, KV.Put, put));
  await sleep(500);
  const told = stage.recording
    .streams("msgapp")
    .map((line) => appendsOf(line).filter(({ type }) => type !== 0))
    .filter((frames) => frames.length > 0);
  const all = told.flat();
  const first = new Set(told.map(([{ type } = { type: -1 }]) => type));
  return [
    `the first append of a stream is in form ${[...first].join(", ")}`,
    `short ones with entries: ${all.some(({ type, entries }) => type === 1 && entries > 0)}`,
    `short ones without, which say what is committed: ${all.some(({ type, entries }) => type === 1 && entries === 0)}`,
  ];
}

/** Contexts of heartbeats on the way from one member to another, as hex. */
function contexts({ recording }: Stage, from: Seat, to: Seat, wanted: MessageType): string[] {
  const lines = recording
    .streams("message")
    .filter((line) => line.to === from.name && line.from() === to.name);
  return lines
    .flatMap(messagesOf)
    .filter(({ message: { type, context } }) => type === wanted && context.length > 0)
    .map(({ message: { context } }) => Buffer.from(context).toString("hex"));
}

/** What a context of eight bytes counts: from a small number, or by the ids of requests. */
const formOf = (hex: string): string =>
  hex.length !== 16
    ? `${hex.length / 2} bytes`
    : Buffer.from(hex, "hex").readBigUInt64LE() < 1n << 32n
      ? "a counter"
      : "an id";

export async function echoes(stage: Stage): Promise<string[]> {
  const leader = await stage.leader();
  for (let i = 0; i < 10; i++) await stage.call(leader, KV.Range, put);
  await sleep(1_000);
  const told = stage.seats
    .filter((seat) => seat !== leader)
    .map((seat) => {
      const sent = contexts(stage, leader, seat, MessageType.MsgHeartbeat);
      const back = contexts(stage, seat, leader, MessageType.MsgHeartbeatResp);
      const missing = sent.filter((context) => !back.includes(context));
      const strange = back.filter((context) => !sent.includes(context));
      const forms = [...new Set(sent.map(formOf))].join(", ");
      return `${sent.length > 5 ? "many" : sent.length} of ${forms}; lost ${missing.length}, not asked for ${strange.length}`;
    });
  return [...new Set(told)];
}

/** How often a member that is away is dialled. */
async function redials(stage: Stage): Promise<string[]> {
  const [leader, seat] = [await stage.leader(), await stage.follower()];
  await seat.kill();
  const began = performance.now();
  await sleep(4_000);
  const told = KINDS.map((kind) => {
    const times = stage.recording
      .asked(`GET /raft/stream/${kind}/`)
      .filter((line) => line.at > began && line.to === seat.name && line.from() === leader.name)
      .map(({ at }) => at);
    return `${kind}: ${near(median(gaps(times)), 105, "every 100 ms")}`;
  });
  stage.cluster.restart(seat);
  await stage.cluster.ready();
  return told;
}

async function streamsByHand(stage: Stage): Promise<string[]> {
  const stranger = await StandIn.announce(stage);
  const follower = await stage.follower();
  try {
    const unknown = stranger.open(follower, "message/1234567");
    await unknown.ended;
    const told = [`of nobody: ${unknown.text().split("\r\n")[0]}`];
    const opened = await patiently(async () => {
      const stream = stranger.open(follower, "message");
      await sleep(300);
      if (!stream.text().startsWith("HTTP/1.1 200")) throw new Error(stream.text());
      return stream;
    });
    const [head = "", ...rest] = opened.text().split("\r\n\r\n");
    // A sign of life may have been due.
    told.push(
      /^(a\r\n[^]{10}\r\n)*$/.test(rest.join("")) ? "the head is there at once" : rest.join(""),
    );
    const [ofHead = ""] = head.split("\r\n\r\n");
    const fields = ofHead
      .split("\r\n")
      .map((line) => line.replace(/^(X-Etcd-Cluster-Id|Date): .*/, "$1"));
    told.push(
      fields
        .filter((line) => line !== "")
        .toSorted()
        .join(" | "),
    );
    const next = stranger.open(follower, "message");
    const older = await Promise.race([opened.ended, sleep(3_000).then(() => "goes on")]);
    told.push(`the older of two streams is ended ${older}`);
    const before = stage.recording.lines.length;
    await follower.process!.stop();
    told.push(`the newer at a stop: ${await next.ended}`);
    const served = [...stage.recording.streams("message"), ...stage.recording.streams("msgapp")]
      .filter((line) => line.to === follower.name && stage.recording.lines.indexOf(line) < before)
      .filter(({ back }) => back.at(-1)!.at > performance.now() - 3_000);
    told.push(
      `others' streams: ${[...new Set(served.map((line) => (endsInOrder(line) ? "in order" : "cut")))].join()}`,
    );
    stage.cluster.restart(follower);
    await stage.cluster.ready();
    return told;
  } finally {
    await stranger.leave();
  }
}

/** Bytes that a member counts as received from a peer, and of signs of life. */
async function received(seat: Seat, from: string): Promise<number[]> {
  const { body } = await httpGet(seat.clientPort, "/metrics");
  return [from, "0"].map((id) =>
    Number(
      new RegExp(`^etcd_network_peer_received_bytes_total\\{From="${id}"\\} (\\S+)`, "m").exec(
        body,
      )?.[1] ?? 0,
    ),
  );
}

/** Frames as nobody would cut them, and in the form of etcd 3.6, which writes zeros. */
async function strangeFrames(stage: Stage): Promise<string[]> {
  const stranger = await StandIn.announce(stage);
  const leader = await stage.leader();
  try {
    const key = `message ${leader.id.toString(16)}`;
    const stream = await patiently(async () => {
      const found = stranger.streams.get(key);
      if (found === undefined) throw new Error("the leader has not dialled");
      return found;
    });
    const asked = (): number =>
      stranger.asked.filter(({ path, from }) => path.includes("/message/") && from === leader.id)
        .length;
    const [dials, [before]] = [asked(), await received(leader, stranger.hex)];
    const { raftTerm: term } = await stage.call(leader, Maintenance.Status, {});
    const answer = { type: MessageType.MsgHeartbeatResp, from: stranger.id, to: leader.id, term };
    const one = framed(messageOf(answer));
    const sign = framed(Buffer.from([8, 8]));
    const signOf36 = framed(Buffer.from("0808100018002000280030004000500058006800", "hex"));
    const zeros = Buffer.from("280030004000500058006800", "hex");
    const oneOf36 = framed(Buffer.concat([messageOf(answer), zeros]));
    stream.write(Buffer.concat([sign, one, signOf36, oneOf36]));
    for (const byte of Buffer.concat([signOf36, oneOf36, sign, one])) {
      stream.write(Buffer.of(byte));
      await sleep(2);
    }
    await sleep(500);
    const [after] = await received(leader, stranger.hex);
    const whole = 2 * (one.length + oneOf36.length - 16);
    const counted = after! - before!;
    return [
      `counted: ${counted >= 4 * (one.length - 8) && counted <= whole ? "all of it" : counted}`,
      asked() === dials && !stream.writableEnded ? "the stream stands" : "dialled again",
    ];
  } finally {
    await stranger.leave();
  }
}

/** One that grants no streams: all goes by POST, both ways. */
async function postsAlone(stage: Stage): Promise<string[]> {
  const stranger = await StandIn.announce(stage);
  stranger.answer = ({ method }) => (method === "POST" ? 204 : 404);
  const leader = await stage.leader();
  try {
    const first = await patiently(async () => {
      // An append may have come before there was a way to it: the answer to a heartbeat brings the next.
      const heartbeat = stranger.posted().find(({ type }) => type === MessageType.MsgHeartbeat);
      if (heartbeat === undefined) throw new Error("no heartbeat was posted");
      await stranger.say(leader, { type: MessageType.MsgHeartbeatResp, term: heartbeat.term });
      const append = stranger.posted().find(({ type }) => type === MessageType.MsgApp);
      if (append === undefined) throw new Error("no append was posted");
      return append;
    });
    const answered = await stranger.sayEmpty(leader, first);
    const entries = await patiently(async () => {
      const append = stranger.posted().find(({ entries: [entry] }) => entry?.index === 1);
      if (append === undefined) throw new Error("no entries were posted");
      return append.entries;
    });
    return [
      `heartbeats and an append; the answer to it: ${answered.status}`,
      `then ${entries.length > 7 ? "the log" : "a part of the log"} from its first entry`,
    ];
  } finally {
    await stranger.leave();
  }
}

/** A network that carries nothing, though its connections stand. */
async function silence(stage: Stage): Promise<string[]> {
  const [leader, seat] = [await stage.leader(), await stage.follower()];
  const between = (line: Recorded): boolean =>
    (line.to === leader.name && line.from() === seat.name) ||
    (line.to === seat.name && line.from() === leader.name);
  const lines = (): Recorded[] =>
    KINDS.flatMap((kind) => stage.recording.streams(kind)).filter(between);
  const names = new Set([leader.name, seat.name]);
  stage.cluster.links.cut((from, to) => names.has(from) && names.has(to));
  await sleep(8_000);
  stage.cluster.links.heal();
  await patiently(() => stage.call(seat, KV.Range, put));
  await sleep(2_000);
  const alive = lines().filter(
    ({ back }) => back.at(-1)!.at > performance.now() - 2 * SIGN_OF_LIFE_MS,
  );
  // Etcd's readers are meant to give up, and do not.
  const mustGiveUp = [leader, seat].filter(({ program }) => program.name === "nodetcd");
  const hasGivenUp = mustGiveUp.every(({ process }) =>
    /lost TCP streaming connection[^\n]*i\/o timeout/.test(process!.log),
  );
  return [
    `streams between the two afterwards: ${alive.length >= 4 ? "all" : alive.length}`,
    hasGivenUp ? "who should has given up" : "a reader of ours has waited on",
  ];
}

/** A connection on which nothing is asked. */
async function idle(stage: Stage): Promise<string[]> {
  const told = await Promise.all(
    stage.seats.map(async ({ process }) => {
      const began = performance.now();
      const socket = connect(process!.peerPort, "127.0.0.1");
      socket.on("error", () => undefined).resume();
      await Promise.race([new Promise((resolve) => socket.on("close", resolve)), sleep(12_000)]);
      socket.destroy();
      return near(performance.now() - began, 5_050, "after five seconds");
    }),
  );
  return [...new Set(told)];
}

export const WIRE: readonly Check[] = [
  { lines: [3], what: "signs of life on every stream", look: signsOfLife },
  { lines: [8], what: "appends in their two forms", look: appends },
  { lines: [9], what: "contexts of heartbeats come back", look: echoes },
  { lines: [10], what: "a newcomer without streams", look: postsAlone },
  { lines: [6, 7], what: "frames cut anyhow, of both versions", look: strangeFrames },
  { lines: [2, 5, 14], what: "streams that are opened by hand", look: streamsByHand },
  { lines: [5], what: "a member that is away is dialled", look: redials },
  { lines: [4], what: "connections that say nothing", look: idle },
  { lines: [4], what: "a network that carries nothing for eight seconds", look: silence },
  {
    lines: [1],
    what: "requests between members",
    async look(stage) {
      return ["GET /raft/stream/message", "GET /raft/stream/msgapp", "POST /raft "].map(
        (start) =>
          `${heads(
            stage,
            stage.recording
              .asked(start)
              .map((line) => ({ from: line.from, head: requestOf(line) })),
          ).join(" || ")}`,
      );
    },
  },
];
