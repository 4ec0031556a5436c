import { mkdtempSync, rmSync } from "node:fs";
import * as http2 from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Listener, Socket } from "@nodetcd/runtime";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { afterEach, expect, test, vi } from "vitest";
import {
  Channel,
  type ChannelOptions,
  GrpcServer,
  type RpcError,
  Services,
  Status,
  type UnaryCall,
} from "../src/grpc.ts";
import { CLIENT_PREFACE, Flag, FrameType } from "../src/http2/frame.ts";
import { FrameReader } from "../src/http2/frame-reader.ts";
import { SEND_HIGH_WATER_BYTES } from "../src/limits.ts";
import { fastClock } from "./fast-clock.ts";
import { frameMessage } from "./node-client.ts";
import { EMPTY_SETTINGS, frame } from "./raw-client.ts";
import { serve, type TestServer } from "./test-server.ts";

const channels: Channel[] = [];
const peers: TestServer[] = [];

afterEach(async () => {
  for (const channel of channels.splice(0)) channel.close();
  for (const peer of peers.splice(0)) await peer.close();
});

async function start(options: Parameters<typeof serve>[0] = {}): Promise<TestServer> {
  const services = new Services();
  services.unary("/c.C/Echo", (request, call) => call.reply(request));
  const peer = await serve({ services, ...options });
  peers.push(peer);
  return peer;
}

function open(port: number, options: Partial<ChannelOptions> = {}): Channel {
  const defaults = { network: nodeNetwork, clock: nodeClock, host: "127.0.0.1", port };
  const channel = new Channel({ ...defaults, ...options });
  channels.push(channel);
  return channel;
}

const MESSAGE = Buffer.from("hello");

test("Channel: nobody listens: UNAVAILABLE, at once again until the next attempt is due", async () => {
  const peer = await start();
  const { port } = peer;
  await peers.pop()!.close();
  const channel = open(port);
  const refused = { code: Status.UNAVAILABLE, message: expect.stringContaining("ECONNREFUSED") };
  await expect(channel.unary("/c.C/Echo", MESSAGE)).rejects.toMatchObject(refused);
  let failure: unknown;
  channel.unaryCallback("/c.C/Echo", MESSAGE, (error) => (failure = error));
  expect(failure).toMatchObject(refused);
});

test("Channel: a listener that does not speak HTTP/2 fails within the connect timeout", async () => {
  const listener = await nodeNetwork.listen({
    host: "127.0.0.1",
    port: 0,
    onSocket: (socket) => (socket.onEnd = () => socket.destroy()),
  });
  const channel = open(listener.port, { connectTimeoutMs: 60 });
  await expect(channel.unary("/c.C/Echo", MESSAGE)).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
    message: expect.stringContaining("no HTTP/2 settings within 60 ms"),
  });
  channel.close();
  await listener.close();
});

test("Channel: connects again after the server was stopped and started", async () => {
  const peer = await start();
  const channel = open(peer.port);
  await channel.unary("/c.C/Echo", MESSAGE);
  await peers.pop()!.server.shutdown(0);
  // The listener still accepts, the server does not: the calls fail until another one takes over.
  await expect(channel.unary("/c.C/Echo", MESSAGE)).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
  });
  await peer.close();
  const services = new Services();
  services.unary("/c.C/Echo", (request, call) => call.reply(request));
  const server = new GrpcServer({ services, clock: nodeClock });
  const listener = await nodeNetwork.listen({
    host: "127.0.0.1",
    port: peer.port,
    onSocket: (socket) => server.accept(socket),
  });
  let reply: Uint8Array | undefined;
  for (let i = 0; i < 100 && reply === undefined; i++) {
    reply = await channel.unary("/c.C/Echo", MESSAGE).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(reply).toEqual(MESSAGE);
  channel.close();
  await server.shutdown(0);
  await listener.close();
});

test("Channel: GOAWAY lets running calls end and takes new ones elsewhere", async () => {
  const peer = await start();
  let running: UnaryCall | undefined;
  let started: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (started = resolve));
  peer.services.unary("/c.C/Later", (_request, call) => {
    running = call;
    started();
  });
  const channel = open(peer.port);
  const later = channel.unary("/c.C/Later", MESSAGE);
  await begun;
  const down = peer.server.shutdown(5000);
  // This one crosses the GOAWAY.
  expect(await channel.unary("/c.C/Echo", MESSAGE)).toEqual(MESSAGE);
  // The server is closing: a new connection is not taken.
  await expect(channel.unary("/c.C/Echo", MESSAGE)).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
  });
  running!.reply(Buffer.from("done"));
  expect(await later).toEqual(Buffer.from("done"));
  await down;
});

/** A server that answers with whatever frames it is told to. */
function listenRaw(
  onFrame: (socket: Socket, type: number, flags: number, streamId: number) => void,
): Promise<Listener> {
  const room = Buffer.alloc(4);
  room.writeUInt32BE(1 << 30);
  return nodeNetwork.listen({
    host: "127.0.0.1",
    port: 0,
    onSocket: (socket) => {
      socket.write(Buffer.concat([EMPTY_SETTINGS, frame(FrameType.WINDOW_UPDATE, 0, 0, room)]));
      const reader = new FrameReader({
        closing: false,
        onFrame: (type, flags, streamId) => onFrame(socket, type, flags, streamId),
      });
      let read = Buffer.alloc(0);
      socket.onData = (chunk) => {
        if (read.length < CLIENT_PREFACE.length) {
          read = Buffer.concat([read, chunk]);
          if (read.length >= CLIENT_PREFACE.length)
            reader.read(read.subarray(CLIENT_PREFACE.length));
        } else reader.read(chunk);
      };
      socket.onEnd = () => socket.destroy();
    },
  });
}

const PING = frame(FrameType.PING, 0, 0, Buffer.alloc(8));

test("Channel: a server that sends a PING for each of 20,000 requests, as Go's do, keeps the connection", async () => {
  let acknowledged = 0;
  const listener = await listenRaw((socket, type, flags) => {
    if (type === FrameType.DATA) socket.write(PING);
    if (type === FrameType.PING && flags === Flag.ACK) acknowledged += 1;
  });
  const channel = open(listener.port);
  let ended = 0;
  for (let sent = 0; sent < 20_000; sent += 100) {
    for (let i = 0; i < 100; i++) channel.unaryCallback("/c.C/Silent", MESSAGE, () => ended++);
    while (acknowledged < sent + 100 && ended === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect({ acknowledged, ended }).toEqual({ acknowledged: 20_000, ended: 0 });
  channel.close();
  await listener.close();
});

test("Channel: replies under way to 20,000 calls that were cancelled at once are ignored", async () => {
  const opened: number[] = [];
  let resets = 0;
  let acknowledged = 0;
  const listener = await listenRaw((socket, type, flags, streamId) => {
    if (type === FrameType.HEADERS) opened.push(streamId);
    if (type === FrameType.PING && flags === Flag.ACK) acknowledged++;
    if (type !== FrameType.RST_STREAM || ++resets < 20_000) return;
    socket.write(
      Buffer.concat([...opened.map((id) => frame(FrameType.DATA, 0, id, MESSAGE)), PING]),
    );
  });
  const channel = open(listener.port);
  const controllers = Array.from({ length: 20_000 }, () => new AbortController());
  const calls = controllers.map(({ signal }) => channel.unary("/c.C/Silent", MESSAGE, { signal }));
  await vi.waitUntil(() => opened.length === 20_000, 150_000);
  for (const controller of controllers) controller.abort();
  const ends = await Promise.allSettled(calls);
  expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  await vi.waitUntil(() => acknowledged === 1, 150_000);
  channel.close();
  await listener.close();
});

test("Channel: a server that cancels calls at their deadline, as Go's do: DEADLINE_EXCEEDED", async () => {
  const cancel = Buffer.from([0, 0, 0, 8]);
  const listener = await listenRaw((socket, type, _flags, streamId) => {
    if (type !== FrameType.HEADERS) return;
    setTimeout(() => socket.write(frame(FrameType.RST_STREAM, 0, streamId, cancel)), 21);
  });
  const channel = open(listener.port);
  const codes = Array.from({ length: 40 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i));
    const call = i % 2 === 0 ? callOnce : streamOnce;
    return call(channel, 20);
  });
  const expected = Array.from({ length: 40 }, () => Status.DEADLINE_EXCEEDED);
  expect(await Promise.all(codes)).toEqual(expected);
  channel.close();
  await listener.close();
});

function callOnce(channel: Channel, timeoutMs: number): Promise<number> {
  return channel.unary("/c.C/Silent", MESSAGE, { timeoutMs }).then(
    () => Status.OK,
    (error: RpcError) => error.code,
  );
}

function streamOnce(channel: Channel, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    channel.stream("/c.C/Silent", { timeoutMs }).onEnd = ({ code }) => resolve(code);
  });
}

test("Channel: calls beyond the server's limit of streams wait for their turn", async () => {
  const peer = await start({ maxConcurrentStreams: 2 });
  let open2 = 0;
  let most = 0;
  peer.services.unary("/c.C/Slow", (request, call) => {
    most = Math.max(most, ++open2);
    setTimeout(() => {
      open2--;
      call.reply(request);
    }, 5);
  });
  const channel = open(peer.port);
  await channel.unary("/c.C/Echo", MESSAGE);
  const calls = Array.from({ length: 20 }, (_, i) => channel.unary("/c.C/Slow", Buffer.from([i])));
  expect((await Promise.all(calls)).map((reply) => reply[0])).toEqual(calls.map((_, i) => i));
  expect(most).toBe(2);
});

test("Channel: keepalive finds out that the server is gone without a word", async () => {
  const services = new Services();
  const stuck = await start({ services });
  services.unary("/c.C/Never", () => undefined);
  // A proxy that stops passing anything on.
  let stop = false;
  const proxy = await nodeNetwork.listen({
    host: "127.0.0.1",
    port: 0,
    onSocket: (near) => {
      void nodeNetwork
        .connect({ host: "127.0.0.1", port: stuck.port, timeoutMs: 1000 })
        .then((far) => {
          near.onData = (chunk) => stop || void far.write(chunk);
          far.onData = (chunk) => stop || void near.write(chunk);
          near.onEnd = () => near.destroy();
          near.onClose = () => far.destroy();
          near.resume();
        });
      near.pause();
    },
  });
  const channel = open(proxy.port, {
    clock: fastClock(20),
    keepalive: { intervalMs: 1000, timeoutMs: 1000 },
  });
  const call = channel.unary("/c.C/Never", MESSAGE);
  setTimeout(() => (stop = true), 100);
  await expect(call).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
    message: "keepalive ping timed out",
  });
  channel.close();
  await proxy.close();
});

test("Channel: a reply over maxReceiveMessageBytes is RESOURCE_EXHAUSTED", async () => {
  const peer = await start();
  const channel = open(peer.port, { maxReceiveMessageBytes: 100 });
  await expect(channel.unary("/c.C/Echo", Buffer.alloc(101))).rejects.toMatchObject({
    code: Status.RESOURCE_EXHAUSTED,
    message: "grpc: received message larger than max (101 vs. 100)",
  });
  expect((await channel.unary("/c.C/Echo", Buffer.alloc(100))).length).toBe(100);
});

test("Channel: a reply of 100 MB arrives", async () => {
  const peer = await start();
  const big = Buffer.alloc(100_000_000, 9);
  peer.services.unary("/c.C/Big", (_request, call) => call.reply(big));
  const reply = await open(peer.port).unary("/c.C/Big", MESSAGE);
  expect(big.equals(reply)).toBe(true);
});

test("Channel: a stream that was full before it had a connection drains once that takes it all", async () => {
  const peer = await start();
  let received = 0;
  peer.services.stream("/c.C/Take", "bidi_stream", (call) => {
    call.onMessage = ({ length }) => (received += length);
  });
  const stream = open(peer.port).stream("/c.C/Take");
  const drained = new Promise<void>((resolve) => (stream.onDrain = resolve));
  expect(stream.send(Buffer.alloc(SEND_HIGH_WATER_BYTES))).toBe(false);
  await drained;
  await expect.poll(() => received).toBe(SEND_HIGH_WATER_BYTES);
  stream.cancel();
});

test("Channel: dials a socket file, with the authority that grpc-go gives it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "channel-test-"));
  const path = join(directory, "grpc.sock");
  let authority: string | undefined;
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    authority = headers[":authority"];
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(frameMessage(MESSAGE));
  });
  const channel = new Channel({ network: nodeNetwork, clock: fastClock(10), path });
  const nobody = channel.unary("/c.C/Echo", MESSAGE);
  await expect(nobody).rejects.toMatchObject({
    code: Status.UNAVAILABLE,
    message: expect.stringContaining(`Cannot connect to ${path}: connect ENOENT`),
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  await vi.waitFor(async () => {
    expect(await channel.unary("/c.C/Echo", MESSAGE)).toEqual(MESSAGE);
  }, 150_000);
  expect(authority).toBe("localhost");
  channel.close();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});
