import { afterEach, expect, test } from "vitest";
import { Status, type StatusCode, type StreamCall } from "../src/grpc.ts";
import { Flag, FrameType } from "../src/http2/frame.ts";
import { PAUSE_READING_BYTES, SEND_HIGH_WATER_BYTES } from "../src/limits.ts";
import { frameMessage } from "./node-client.ts";
import { frame, RawClient, type RawFrame, requestBlock } from "./raw-client.ts";
import { serve, type TestServer } from "./test-server.ts";

let peer: TestServer;
let client: RawClient;

afterEach(async () => {
  client.socket.destroy();
  await peer.close();
});

const HUGE_WINDOW = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
const CONNECTION_WINDOW = Buffer.from([0x7f, 0xff, 0, 0]);

/** A client with windows of 2 GiB that does not read its socket. */
async function clientThatDoesNotRead(): Promise<RawClient> {
  client = new RawClient(peer.port).open();
  await client.frame(({ type }) => type === FrameType.SETTINGS);
  client.send(
    frame(FrameType.SETTINGS, 0, 0, HUGE_WINDOW),
    frame(FrameType.WINDOW_UPDATE, 0, 0, CONNECTION_WINDOW),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.socket.pause();
  return client;
}

/** Resolves with a count that has passed `above`, once ten looks in a row have found it unchanged. */
async function settled(count: () => number, above: number): Promise<number> {
  await client.until(() => count() > above);
  for (let before = -1, same = 0; same < 10; same = count() === before ? same + 1 : 0) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return count();
}

test("a client that never reads: calls are not taken any more once a bound of replies waits", async () => {
  peer = await serve();
  const reply = Buffer.alloc(1024 * 1024);
  let answered = 0;
  peer.services.unary("/m.M/Big", (_request, call) => {
    answered++;
    call.reply(reply);
  });
  await clientThatDoesNotRead();
  const block = requestBlock("/m.M/Big");
  const empty = frameMessage(Buffer.alloc(0));
  for (let i = 0; i < 20_000; i++) {
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * i + 1, block),
      frame(FrameType.DATA, Flag.END_STREAM, 2 * i + 1, empty),
    );
    if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // 64 MiB of queued replies, what the sockets hold, and no more.
  expect(await settled(() => answered, 4)).toBeLessThan(100);
});

/** Serves `/m.M/Big`, 1 MiB a call; counts the calls that its handler has seen. */
async function serveBig(): Promise<{ begun: number }> {
  peer = await serve();
  const reply = Buffer.alloc(1024 * 1024);
  const counts = { begun: 0 };
  peer.services.unary("/m.M/Big", (_request, call) => {
    counts.begun++;
    call.reply(reply);
  });
  return counts;
}

const EMPTY = frameMessage(Buffer.alloc(0));
const BIG = requestBlock("/m.M/Big");

function big(id: number, message: Uint8Array = EMPTY): Buffer {
  return Buffer.concat([
    frame(FrameType.HEADERS, Flag.END_HEADERS, id, BIG),
    frame(FrameType.DATA, Flag.END_STREAM, id, message),
  ]);
}

const isEnd = ({ type, flags }: RawFrame): boolean =>
  type === FrameType.HEADERS && (flags & Flag.END_STREAM) !== 0;

test("a client that reads late: calls beyond the bound of replies wait, and all are answered in order", async () => {
  const counts = await serveBig();
  await clientThatDoesNotRead();
  const ids = Array.from({ length: 300 }, (_, i) => 2 * i + 1);
  client.send(...ids.map((id) => frame(FrameType.HEADERS, Flag.END_HEADERS, id, BIG)));
  client.send(...ids.map((id) => frame(FrameType.DATA, Flag.END_STREAM, id, EMPTY)));
  expect(await settled(() => counts.begun, 4)).toBeLessThan(100);
  expect(client.frames.some(({ type }) => type === FrameType.RST_STREAM)).toBe(false);
  client.socket.resume();
  await client.until(() => client.frames.filter(isEnd).length === 300);
  expect(counts.begun).toBe(300);
  expect(client.frames.some(({ type }) => type === FrameType.RST_STREAM)).toBe(false);
});

test("a client that reads late: streams beyond the bound of replies begin when it reads, with all their messages", async () => {
  const counts = await serveBig();
  let opened = 0;
  peer.services.stream("/m.M/Sum", "bidi_stream", (call) => {
    opened++;
    let sum = 0;
    call.onMessage = ([value]) => void (sum += value!);
    call.onHalfClose = () => {
      call.send(Buffer.of(sum));
      call.finish();
    };
  });
  await clientThatDoesNotRead();
  client.send(...Array.from({ length: 100 }, (_, i) => big(2 * i + 1)));
  const message = (value: number): Buffer => frameMessage(Buffer.of(value));
  client.send(
    frame(FrameType.HEADERS, Flag.END_HEADERS, 201, requestBlock("/m.M/Sum")),
    frame(FrameType.DATA, 0, 201, message(1)),
    frame(FrameType.DATA, 0, 201, message(2)),
    frame(FrameType.DATA, Flag.END_STREAM, 201, message(3)),
  );
  await settled(() => counts.begun, 4);
  expect(opened).toBe(0);
  client.socket.resume();
  const sum = await client.frame(({ type, id }) => type === FrameType.DATA && id === 201);
  expect(sum.payload.at(-1)).toBe(6);
});

test("a client that never reads: calls that wait are forgotten when they are cancelled, late, or cut off", async () => {
  const counts = await serveBig();
  await clientThatDoesNotRead();
  client.send(...Array.from({ length: 100 }, (_, i) => big(2 * i + 1)));
  const begun = await settled(() => counts.begun, 4);
  const withTimeout = requestBlock("/m.M/Big", [["grpc-timeout", "20m"]]);
  client.send(
    frame(FrameType.HEADERS, Flag.END_HEADERS, 201, withTimeout),
    frame(FrameType.DATA, Flag.END_STREAM, 201, EMPTY),
    big(203),
    frame(FrameType.RST_STREAM, 0, 203, Buffer.from([0, 0, 0, 8])),
  );
  const handled = (status: StatusCode): number | undefined =>
    peer.services
      .methods()
      .find(({ path }) => path === "/m.M/Big")!
      .handled.get(status);
  await client.until(() => handled(Status.DEADLINE_EXCEEDED) === 1);
  expect(handled(Status.CANCELLED)).toBe(1);
  client.socket.destroy();
  await client.until(() => handled(Status.CANCELLED) === 101 - begun);
  expect(counts.begun).toBe(begun);
});

test("a client that never reads: requests that wait are refused beyond a bound of bytes", async () => {
  const counts = await serveBig();
  await clientThatDoesNotRead();
  client.send(...Array.from({ length: 100 }, (_, i) => big(2 * i + 1)));
  const begun = await settled(() => counts.begun, 4);
  // 800 requests of 100 kB; 64 MiB of them may wait.
  const request = frameMessage(Buffer.alloc(100_000));
  const pieces = Array.from({ length: 7 }, (_, k) =>
    request.subarray(k * 16_000, (k + 1) * 16_000),
  );
  for (let id = 201; id < 201 + 2 * 800; id += 2) {
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS, id, BIG),
      ...pieces.map((piece, k) => frame(FrameType.DATA, k === 6 ? Flag.END_STREAM : 0, id, piece)),
    );
  }
  const refused = (): number => {
    const { handled } = peer.services.methods().find(({ path }) => path === "/m.M/Big")!;
    return (handled.get(Status.UNAVAILABLE) ?? 0) + (handled.get(Status.RESOURCE_EXHAUSTED) ?? 0);
  };
  expect(await settled(refused, 100)).toBeLessThan(250);
  expect(counts.begun).toBe(begun);
});

test("a client that never reads: send answers false and the queue stays at its bound", async () => {
  peer = await serve();
  let call: StreamCall | undefined;
  peer.services.stream("/m.M/Flood", "server_stream", (opened) => (call = opened));
  await clientThatDoesNotRead();
  client.send(
    frame(FrameType.HEADERS, Flag.END_HEADERS, 1, requestBlock("/m.M/Flood")),
    frame(FrameType.DATA, Flag.END_STREAM, 1, frameMessage(Buffer.alloc(0))),
  );
  await client.until(() => call !== undefined);
  const chunk = Buffer.alloc(10_000);
  let sent = 0;
  for (let stalls = 0; stalls < 20;) {
    if (call!.send(chunk)) sent++;
    else {
      stalls++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  expect(call!.queuedBytes).toBeGreaterThanOrEqual(SEND_HIGH_WATER_BYTES);
  expect(call!.queuedBytes).toBeLessThan(SEND_HIGH_WATER_BYTES + 25 * 10_005);
  expect(sent * 10_000).toBeLessThan(32 * 1024 * 1024);
});

test("a client that never reads: after a bound of small answers nothing is read from it", async () => {
  peer = await serve();
  await clientThatDoesNotRead();
  // An unknown service of 1000 bytes, put into the table once: each further byte costs 1000 in the answer.
  const path = Buffer.from(`/${"x".repeat(1000)}/y`);
  const rest = requestBlock("/");
  const head = Buffer.concat([rest.subarray(0, 2), rest.subarray(3)]);
  const literal = Buffer.concat([
    Buffer.from([0x44, 0x7f, 0x80 | ((path.length - 127) & 0x7f)]),
    Buffer.of((path.length - 127) >> 7),
    path,
  ]);
  const send = (id: number, pathField: Uint8Array): void =>
    client.send(
      frame(
        FrameType.HEADERS,
        Flag.END_HEADERS | Flag.END_STREAM,
        id,
        Buffer.concat([rest.subarray(0, 2), pathField, head.subarray(2)]),
      ),
    );
  send(1, literal);
  for (let i = 1; i < 60_000; i++) {
    send(2 * i + 1, Buffer.of(0xbe));
    if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // 60 MB of answers in all; 4 MiB may wait here, the rest of this is in the system's buffers.
  expect(await settled(() => peer.server.sentBytes, 1024 * 1024)).toBeLessThan(
    PAUSE_READING_BYTES + 20 * 1024 * 1024,
  );
  // Once the client reads, everything is answered.
  client.socket.resume();
  await client.until(() => client.frames.length > 60_000);
});
