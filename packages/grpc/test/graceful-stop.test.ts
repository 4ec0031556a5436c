import type { Listener } from "@nodetcd/runtime";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { afterEach, expect, test } from "vitest";
import { Channel, GrpcServer, type RpcError, Services, type UnaryCall } from "../src/grpc.ts";
import { Flag, FrameType, STREAM_ID_MAX } from "../src/http2/frame.ts";
import { ErrorCode } from "../src/http2-error.ts";
import { DRAIN_MS } from "../src/limits.ts";
import { fastClock } from "./fast-clock.ts";
import { frameMessage } from "./node-client.ts";
import { frame, RawClient, type RawFrame, requestBlock } from "./raw-client.ts";
import { serve, type TestServer } from "./test-server.ts";

const MESSAGE = frameMessage(Buffer.from("hi"));
const peers: TestServer[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  for (const peer of peers.splice(0)) await peer.close();
});

async function start(options: Parameters<typeof serve>[0] = {}): Promise<TestServer> {
  const peer = await serve(options);
  peer.services.unary("/test.Echo/Echo", (request, unary) => unary.reply(request));
  peers.push(peer);
  return peer;
}

/** A client whose call with this id was answered, so that the server has its settings. */
async function connected(peer: TestServer, id = 1): Promise<RawClient> {
  const client = new RawClient(peer.port).open();
  clients.push(client);
  client.send(call(id));
  await client.frame(answerOf(id));
  return client;
}

function call(id: number, path = "/test.Echo/Echo"): Buffer {
  return Buffer.concat([
    frame(FrameType.HEADERS, Flag.END_HEADERS, id, requestBlock(path)),
    frame(FrameType.DATA, Flag.END_STREAM, id, MESSAGE),
  ]);
}

function answerOf(id: number): (frame: RawFrame) => boolean {
  return (frame) => frame.type === FrameType.DATA && frame.id === id;
}

function lastIds(client: RawClient): number[] {
  const goAways = client.frames.filter(({ type }) => type === FrameType.GOAWAY);
  for (const { payload } of goAways) {
    expect([payload.readUInt32BE(4), payload.length]).toEqual([ErrorCode.NO_ERROR, 8]);
  }
  return goAways.map(({ payload }) => payload.readUInt32BE());
}

function isQuestion({ type, flags }: RawFrame): boolean {
  return type === FrameType.PING && flags === 0;
}

/** The acknowledgement of the PING that follows the first GOAWAY. */
async function acknowledgement(client: RawClient): Promise<Buffer> {
  const { payload } = await client.frame(isQuestion);
  return frame(FrameType.PING, Flag.ACK, 0, payload);
}

test("shutdown: GOAWAY that forbids nothing, PING, calls that crossed it are served, GOAWAY", async () => {
  const peer = await start();
  let running: UnaryCall | undefined;
  peer.services.unary("/test.Echo/Later", (_request, unary) => (running = unary));
  const client = await connected(peer);
  client.send(call(3, "/test.Echo/Later"));
  await client.until(() => running !== undefined);
  client.frames.length = 0;

  const down = peer.server.shutdown(60_000);
  const ack = await acknowledgement(client);
  expect(client.frames.map(({ type }) => type)).toEqual([FrameType.GOAWAY, FrameType.PING]);
  expect(lastIds(client)).toEqual([STREAM_ID_MAX]);
  client.send(call(5));
  await client.frame(answerOf(5));
  expect(lastIds(client)).toEqual([STREAM_ID_MAX]);

  client.send(ack);
  await client.until(() => lastIds(client).length === 2);
  expect(lastIds(client)).toEqual([STREAM_ID_MAX, 5]);
  client.send(call(7));
  const reset = await client.frame(({ type }) => type === FrameType.RST_STREAM);
  expect([reset.id, reset.payload.readUInt32BE()]).toEqual([7, ErrorCode.REFUSED_STREAM]);

  running!.reply(Buffer.from("done"));
  await client.frame(answerOf(3));
  await down;
  await client.until(() => client.closed);
  expect(peer.server.connections()).toBe(0);
});

test("shutdown: calls that come in one piece with the acknowledgement are served", async () => {
  const peer = await start();
  const client = await connected(peer);
  const down = peer.server.shutdown(60_000);
  // hyper answers PINGs before it sends the calls that it has begun.
  client.send(await acknowledgement(client), call(3));
  await client.frame(answerOf(3));
  await down;
  expect(lastIds(client)).toEqual([STREAM_ID_MAX, 3]);
});

test("shutdown: other PINGs and acknowledgements are not taken for the one that is waited for", async () => {
  const peer = await start();
  const client = await connected(peer);
  // As the keepalive's PING would be answered, before and after the stop has begun.
  client.send(frame(FrameType.PING, Flag.ACK, 0, Buffer.alloc(8)));
  void peer.server.shutdown(60_000);
  const { payload } = await client.frame(isQuestion);
  client.send(
    frame(FrameType.PING, Flag.ACK, 0, Buffer.alloc(8)),
    frame(FrameType.PING, 0, 0, payload),
    call(3),
  );
  await client.frame(({ type, flags }) => type === FrameType.PING && flags === Flag.ACK);
  await client.frame(answerOf(3));
  expect(lastIds(client)).toEqual([STREAM_ID_MAX]);
  client.send(frame(FrameType.PING, Flag.ACK, 0, payload));
  await client.until(() => client.closed);
  expect(lastIds(client)).toEqual([STREAM_ID_MAX, 3]);
});

test("shutdown: a client that never acknowledges is told the end after DRAIN_MS", async () => {
  const clock = fastClock(10);
  const peer = await start({ clock });
  const client = await connected(peer);
  const from = clock.monotonic();
  await peer.server.shutdown(60_000);
  expect(lastIds(client)).toEqual([STREAM_ID_MAX, 1]);
  expect(clock.monotonic() - from).toBeGreaterThanOrEqual(DRAIN_MS * 0.9);
});

test("shutdown: an idle client that acknowledges is not waited for longer than that", async () => {
  const peer = await start();
  const client = await connected(peer);
  const from = performance.now();
  const down = peer.server.shutdown(60_000);
  client.send(await acknowledgement(client));
  await down;
  expect(performance.now() - from).toBeLessThan(DRAIN_MS / 2);
});

test("shutdown: the grace time cuts a connection that has not acknowledged", async () => {
  const peer = await start();
  const client = await connected(peer);
  const from = performance.now();
  await peer.server.shutdown(20);
  expect(performance.now() - from).toBeLessThan(DRAIN_MS / 2);
  await client.until(() => client.closed);
});

test("Channel: no call fails while its server stops and another one takes over", async () => {
  const services = new Services();
  services.unary("/test.Echo/Echo", (request, unary) => unary.reply(request));
  let current = new GrpcServer({ services, clock: nodeClock });
  const listener: Listener = await nodeNetwork.listen({
    host: "127.0.0.1",
    port: 0,
    onSocket: (socket) => current.accept(socket),
  });
  const channels = Array.from(
    { length: 8 },
    () =>
      new Channel({
        network: nodeNetwork,
        clock: nodeClock,
        host: "127.0.0.1",
        port: listener.port,
      }),
  );
  const failures: RpcError[] = [];
  let answered = 0;
  let going = true;
  const work = async (channel: Channel): Promise<void> => {
    while (going) {
      await channel.unary("/test.Echo/Echo", MESSAGE).then(
        () => answered++,
        (error: RpcError) => failures.push(error),
      );
    }
  };
  const workers = channels.flatMap((channel) => Array.from({ length: 16 }, () => work(channel)));
  for (let i = 0; i < 10; i++) {
    const before = answered;
    while (answered < before + 500) await new Promise((resolve) => setTimeout(resolve, 1));
    const old = current;
    current = new GrpcServer({ services, clock: nodeClock });
    await old.shutdown(60_000);
  }
  going = false;
  await Promise.all(workers);
  for (const channel of channels) channel.close();
  await current.shutdown(0);
  await listener.close();
  expect(failures.map(({ message }) => message)).toEqual([]);
});
