/** Scenarios of watches. Sizes are those of a large cluster; `scale` makes all of them smaller. */
import { connect } from "node:net";
import { METHODS, WatchRequest } from "@nodetcd/messages";
import { Puts, sleep, until, Watches } from "./load.ts";
import { putElsewhere, type PutReport } from "./put-process.ts";
import { Stretch } from "./report.ts";
import type { Subject } from "./subject.ts";

const keyOf = (n: number): string => `key${String(n).padStart(8, "0")}`;
const prefixOf = (text: string) => ({ key: Buffer.from(text), rangeEnd: endOf(text) });

function endOf(prefix: string): Uint8Array {
  const end = Buffer.from(prefix);
  end[end.length - 1]!++;
  return end;
}

const putsNote = ({ answered, p50, p99 }: PutReport): string =>
  `${answered} puts, p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)}`;

/** 10,000 watches on one key, on 100 streams of 10 connections; one put after the other. */
export async function oneKey(subject: Subject, scale: number): Promise<void> {
  const port = subject.server.clientPort;
  const stretch = await Stretch.begin(subject);
  const watches = new Watches(port, {
    connections: 10,
    streamsPerConnection: 10,
    watchesPerStream: Math.round(100 * scale),
    create: () => ({ key: Buffer.from("hot") }),
  });
  await watches.allCreated(60_000);
  await stretch.print({
    what: "one key: create",
    count: watches.created,
    seconds: stretch.seconds,
  });
  const puts = new Puts(port, 1, { key: () => "hot", valueBytes: 100 });
  const rounds = 100;
  for (let round = 1; round <= rounds; round++) {
    puts.one();
    if (!(await until(() => watches.events >= round * watches.created, 10_000))) break;
  }
  await stretch.print({
    what: "one key: a put at a time",
    count: watches.events,
    seconds: stretch.seconds,
    latency: watches.latency,
    note: `${puts.sent} puts`,
  });
  watches.latency.reset();
  puts.latency.reset();
  const before = watches.events;
  const burst = 200;
  await puts.closedLoop(16, burst);
  await until(() => watches.events >= before + burst * watches.created, 60_000);
  await stretch.print({
    what: "one key: 200 puts, 16 at a time",
    count: watches.events - before,
    seconds: stretch.seconds,
    latency: watches.latency,
    note: `puts p50 ${puts.latency.at(50).toFixed(1)} p99 ${puts.latency.at(99).toFixed(1)}`,
  });
  watches.close();
  puts.close();
  await sleep(1000);
  await stretch.print({ what: "one key: connections gone", count: watches.created, seconds: 1 });
}

/** 100,000 watches, each on a key of its own, on 100 streams; 64 puts under way. */
export async function manyKeys(subject: Subject, scale: number): Promise<void> {
  const port = subject.server.clientPort;
  const before = subject.residentMiB;
  const stretch = await Stretch.begin(subject);
  const count = Math.round(1000 * scale) * 100;
  const watches = new Watches(port, {
    connections: 10,
    streamsPerConnection: 10,
    watchesPerStream: count / 100,
    create: (n) => ({ key: Buffer.from(keyOf(n)) }),
  });
  await watches.allCreated(120_000);
  await stretch.print({
    what: "100,000 keys: create",
    count,
    seconds: stretch.seconds,
    note: `${(((subject.residentMiB - before) * 1024) / count).toFixed(1)} KiB a watch`,
  });
  const puts = new Puts(port, 4, { key: (n) => keyOf((n * 7919) % count), valueBytes: 100 });
  await puts.closedLoop(64, Infinity, 5);
  await until(() => watches.events >= puts.answered, 10_000);
  await stretch.print({
    what: "100,000 keys: 64 puts at a time",
    count: watches.events,
    seconds: stretch.seconds,
    latency: watches.latency,
    note: `puts p50 ${puts.latency.at(50).toFixed(1)} p99 ${puts.latency.at(99).toFixed(1)}`,
  });
  watches.close();
  puts.close();
  await sleep(2000);
  await stretch.print({ what: "100,000 keys: connections gone", count, seconds: 2 });
}

/** 1,000 watches of prefixes and 5,000 puts a second: of a prefix each, then all of the same one. */
export async function prefixes(subject: Subject, scale: number): Promise<void> {
  const port = subject.server.clientPort;
  const seconds = 8;
  const perSecond = Math.round(5000 * scale);
  for (const shared of [1000, 20, 1]) {
    const groups = 1000 / shared;
    const stretch = await Stretch.begin(subject);
    const watches = new Watches(port, {
      connections: 10,
      streamsPerConnection: 10,
      watchesPerStream: 10,
      create: (n) => prefixOf(`ns${n % groups}/`),
    });
    await watches.allCreated(30_000);
    const order = { port, perSecond, seconds, valueBytes: 100, groups, keys: 5000 };
    const puts = await putElsewhere(order);
    const due = puts.answered * shared;
    const all = await until(() => watches.events >= due, 60_000);
    await stretch.print({
      what: `prefixes: each seen by ${shared}`,
      count: watches.events,
      seconds: stretch.seconds,
      latency: watches.latency,
      note: `${putsNote(puts)}${all ? "" : ` INCOMPLETE of ${due}`}`,
    });
    watches.close();
    await sleep(500);
  }
}

/** 10,000 watches that begin before a million changes, while a trickle of puts goes on. */
export async function catchUp(subject: Subject, scale: number): Promise<void> {
  const port = subject.server.clientPort;
  const keys = Math.round(10_000 * scale);
  const changes = keys * 100;
  const stretch = await Stretch.begin(subject);
  const fill = new Puts(port, 8, { key: (n) => keyOf(n % keys), valueBytes: 100 });
  await fill.closedLoop(512, changes);
  await stretch.print({ what: "catch-up: fill", count: fill.answered, seconds: stretch.seconds });
  const trickle = new Puts(port, 1, { key: (n) => `other${n}`, valueBytes: 100 });
  const history = new Watches(port, {
    connections: 10,
    streamsPerConnection: 10,
    watchesPerStream: keys / 100,
    create: (n) => ({ key: Buffer.from(keyOf(n)), startRevision: 2 }),
  });
  const trickling = trickle.atRate(100, 5);
  const all = await until(() => history.events >= changes, 180_000);
  const took = stretch.seconds;
  await trickling;
  await stretch.print({
    what: "catch-up: 10,000 keys",
    count: history.events,
    seconds: took,
    note:
      `puts meanwhile p50 ${trickle.latency.at(50).toFixed(1)} p99 ${trickle.latency.at(99).toFixed(1)}` +
      (all ? "" : " INCOMPLETE"),
  });
  history.close();
  await sleep(1000);
  trickle.latency.reset();
  await stretch.again();
  const readers = 100;
  const wide = new Watches(port, {
    connections: 10,
    streamsPerConnection: 10,
    watchesPerStream: 1,
    create: () => ({ ...prefixOf("key"), startRevision: 2 + Math.floor(changes * 0.9) }),
  });
  const due = Math.ceil(changes * 0.1) * readers;
  const again = trickle.atRate(100, 5);
  const complete = await until(() => wide.events >= due - readers * 2, 120_000);
  const wideTook = stretch.seconds;
  await again;
  await stretch.print({
    what: "catch-up: 100 of everything",
    count: wide.events,
    seconds: wideTook,
    note:
      `puts meanwhile p50 ${trickle.latency.at(50).toFixed(1)} p99 ${trickle.latency.at(99).toFixed(1)}` +
      (complete ? "" : " INCOMPLETE"),
  });
  wide.close();
  trickle.close();
  fill.close();
}

/** Clients that never read their watch, some at the stream, some at the socket; ten others do read. */
export async function neverRead(subject: Subject, scale: number): Promise<void> {
  const port = subject.server.clientPort;
  const seconds = Math.round(60 * scale);
  const plan = { streamsPerConnection: 1, watchesPerStream: 10, create: () => prefixOf("ns0/") };
  const reading = new Watches(port, { ...plan, connections: 10, watchesPerStream: 1 });
  const paused = new Watches(port, { ...plan, connections: 10 });
  await Promise.all([reading.allCreated(10_000), paused.allCreated(10_000)]);
  for (const stream of paused.streams) stream.pause();
  const deaf = Array.from({ length: 10 }, () => deafClient(port));
  await sleep(500);
  const start = subject.residentMiB;
  const samples: number[] = [];
  const sampler = setInterval(() => samples.push(subject.residentMiB), 1000);
  const stretch = await Stretch.begin(subject);
  const order = { port, perSecond: 5000, seconds, valueBytes: 1000, groups: 1, keys: 1000 };
  const puts = await putElsewhere(order);
  const all = await until(() => reading.events >= puts.answered * 10, 30_000);
  clearInterval(sampler);
  const at = (share: number): string =>
    (samples[Math.floor(samples.length * share)] ?? 0).toFixed();
  await stretch.print({
    what: "20 clients that do not read",
    count: reading.events,
    seconds: stretch.seconds,
    latency: reading.latency,
    note:
      `MiB: ${start.toFixed()} before, ${at(0.25)} ${at(0.5)} ${at(0.75)} at quarters, ` +
      `${Math.max(...samples).toFixed()} most; ${putsNote(puts)}${all ? "" : " INCOMPLETE"}`,
  });
  const missed = puts.answered * 100 - paused.events;
  for (const stream of paused.streams) stream.resume();
  await until(() => paused.events >= puts.answered * 100, 120_000);
  await stretch.print({
    what: "10 of them read again",
    count: missed,
    seconds: stretch.seconds,
    note: paused.events === puts.answered * 100 ? "all events came" : `${paused.events} INCOMPLETE`,
  });
  for (const socket of deaf) socket.destroy();
  reading.close();
  paused.close();
}

/** A client that opens a wide window and asks for ten watches, and then does not read its socket at all. */
function deafClient(port: number): ReturnType<typeof connect> {
  const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const literal = (name: string, value: string): Buffer =>
    Buffer.concat([
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]);
  const message = (request: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request]);
  const window = Buffer.alloc(4);
  window.writeUInt32BE(1_000_000_000);
  const settings = Buffer.concat([Buffer.from([0, 4]), window]);
  const headers = Buffer.concat([
    literal(":method", "POST"),
    literal(":scheme", "http"),
    literal(":path", METHODS.Watch.Watch.path),
    literal(":authority", "x"),
    literal("content-type", "application/grpc"),
    literal("te", "trailers"),
  ]);
  const create = message(WatchRequest.encode({ createRequest: prefixOf("ns0/") }));
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(
    Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      frame(4, 0, 0, settings),
      frame(8, 0, 0, window),
      frame(1, 4, 1, headers),
      ...Array.from({ length: 10 }, () => frame(0, 0, 1, create)),
    ]),
  );
  return socket;
}
