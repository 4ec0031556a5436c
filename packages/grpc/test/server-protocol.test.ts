import * as http from "node:http";
import * as net from "node:net";
import { nodeNetwork } from "@nodetcd/runtime/node";
import { afterEach, expect, test } from "vitest";
import { Status, type UnaryCall } from "../src/grpc.ts";
import { HpackDecoder } from "../src/hpack/decoder.ts";
import { CLIENT_PREFACE, Flag, FrameType } from "../src/http2/frame.ts";
import { ErrorCode } from "../src/http2-error.ts";
import { fastClock, stillClock } from "./fast-clock.ts";
import { call, frameMessage } from "./node-client.ts";
import { EMPTY_SETTINGS, frame, RawClient, requestBlock } from "./raw-client.ts";
import { serve, type TestServer } from "./test-server.ts";

let peer: TestServer;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await peer.close();
});

async function start(options: Parameters<typeof serve>[0] = {}): Promise<TestServer> {
  peer = await serve(options);
  peer.services.unary("/test.Echo/Echo", (request, unary) => unary.reply(request));
  peer.services.unary("/test.Echo/Silent", () => undefined);
  return peer;
}

function raw(): RawClient {
  const client = new RawClient(peer.port);
  clients.push(client);
  return client;
}

const NOTHING = Buffer.alloc(0);
const BLOCK = requestBlock("/test.Echo/Echo");
const MESSAGE = frameMessage(Buffer.from("hi"));
const whole = (id: number): Buffer =>
  Buffer.concat([
    frame(FrameType.HEADERS, Flag.END_HEADERS, id, BLOCK),
    frame(FrameType.DATA, Flag.END_STREAM, id, MESSAGE),
  ]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One HTTP/1.1 exchange on a connection of its own. */
function post(port: number, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method: "POST", agent: false };
    const request = http.request(options, (reply) => {
      let text = "";
      reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
      reply.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end(body);
  });
}

test("HTTP/1.1 on the same port goes to the HTTP/1 server, with what was read already", async () => {
  const http1 = nodeNetwork.serveHttp1(async (request) => ({
    status: 200,
    headers: {},
    body: `${request.method} ${request.url} ${Buffer.from(await request.body(100)).toString()}`,
  }));
  await start({ http1 });
  expect(await post(peer.port, "/version", "x")).toBe("POST /version x");
  // A method that begins like the preface, sent byte by byte.
  const socket = net.connect(peer.port, "127.0.0.1");
  const answer = new Promise<string>((resolve) =>
    socket.on("data", (chunk: Buffer) => resolve(chunk.toString())),
  );
  for (const byte of "PROPFIND /x HTTP/1.1\r\nhost: a\r\n\r\n") socket.write(byte);
  expect(await answer).toContain("200 OK");
  socket.destroy();
  http1.close();
});

test("the preface may come byte by byte, and requests with it", async () => {
  await start();
  const client = raw();
  const bytes = Buffer.concat([CLIENT_PREFACE, EMPTY_SETTINGS, whole(1)]);
  for (const byte of bytes) {
    client.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const data = await client.frame(({ type, id }) => type === FrameType.DATA && id === 1);
  expect(data.payload).toEqual(MESSAGE);
});

test("a client that never finishes its preface is cut off", async () => {
  await start({ clock: fastClock(100) });
  const client = raw();
  client.socket.write("PRI * HT");
  await client.until(() => client.closed);
});

test("all replies of a turn leave in one write", async () => {
  await start();
  const calls: UnaryCall[] = [];
  peer.services.unary("/test.Echo/Later", (_request, unary) => void calls.push(unary));
  const client = raw().open();
  const later = requestBlock("/test.Echo/Later");
  for (let i = 0; i < 50; i++) {
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * i + 1, later),
      frame(FrameType.DATA, Flag.END_STREAM, 2 * i + 1, MESSAGE),
    );
  }
  await client.until(() => calls.length === 50);
  await client.frame(({ type, flags }) => type === FrameType.SETTINGS && flags === Flag.ACK);
  const chunks: number[] = [];
  client.socket.on("data", (chunk: Buffer) => chunks.push(chunk.length));
  for (const one of calls) one.reply(NOTHING);
  await client.until(
    () => client.frames.filter(({ type }) => type === FrameType.DATA).length === 50,
  );
  expect(chunks.length).toBe(1);
});

test("padding, priority, CONTINUATION and trailers of a request are understood", async () => {
  await start();
  const client = raw().open();
  const priority = Buffer.from([0, 0, 0, 0, 16]);
  const head = Buffer.concat([Buffer.of(3), priority, BLOCK.subarray(0, 10), Buffer.alloc(3)]);
  client.send(
    frame(FrameType.HEADERS, Flag.PADDED | Flag.PRIORITY, 1, head),
    frame(FrameType.CONTINUATION, 0, 1, BLOCK.subarray(10, 20)),
    frame(FrameType.CONTINUATION, Flag.END_HEADERS, 1, BLOCK.subarray(20)),
    frame(FrameType.PRIORITY, 0, 1, priority),
    frame(0x77, 0xff, 1, Buffer.from("unknown")),
    frame(FrameType.DATA, Flag.PADDED, 1, Buffer.concat([Buffer.of(9), MESSAGE, Buffer.alloc(9)])),
    frame(
      FrameType.HEADERS,
      Flag.END_HEADERS | Flag.END_STREAM,
      1,
      Buffer.from("0001610162", "hex"),
    ),
  );
  const data = await client.frame(({ type, id }) => type === FrameType.DATA && id === 1);
  expect(data.payload).toEqual(MESSAGE);
});

test("a cancelled call is told to its handler and does not disturb the others", async () => {
  await start();
  const cancelled = new Promise<boolean>((resolve) => {
    peer.services.unary("/test.Echo/Cancel", (_request, unary) => {
      unary.onCancel = () => resolve(unary.cancelled);
    });
  });
  const client = raw().open();
  client.send(
    frame(FrameType.HEADERS, Flag.END_HEADERS, 1, requestBlock("/test.Echo/Cancel")),
    frame(FrameType.DATA, Flag.END_STREAM, 1, MESSAGE),
    frame(FrameType.RST_STREAM, 0, 1, uint32(ErrorCode.CANCEL)),
    whole(3),
  );
  expect(await cancelled).toBe(true);
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 3);
});

test("what a client still sends for a call that has failed is ignored", async () => {
  await start();
  peer.services.stream("/test.Echo/Fail", "bidi_stream", (stream) =>
    stream.fail(Status.ABORTED, "no"),
  );
  const client = raw().open();
  client.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 1, requestBlock("/test.Echo/Fail")));
  const resets = (): number =>
    client.frames.filter(({ type }) => type === FrameType.RST_STREAM).length;
  await client.until(() => resets() === 1);
  client.send(
    frame(FrameType.DATA, 0, 1, MESSAGE),
    frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(100)),
    frame(FrameType.DATA, Flag.END_STREAM, 1, MESSAGE),
    whole(3),
  );
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 3);
  expect(resets()).toBe(1);
});

test("replies wait for the stream's and the connection's window", async () => {
  await start();
  const client = raw();
  const window = (size: number): Buffer =>
    frame(FrameType.SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(size)]));
  client.send(CLIENT_PREFACE, window(3), whole(1));
  const received = (): Buffer =>
    Buffer.concat(
      client.frames.filter(({ type }) => type === FrameType.DATA).map((f) => f.payload),
    );
  await client.until(() => received().length === 3);
  client.send(frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(2)));
  await client.until(() => received().length === 5);
  // A smaller initial window takes away; the window is negative now.
  client.send(window(0), frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(3)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(received().length).toBe(5);
  client.send(frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(100)));
  await client.until(() => received().length === MESSAGE.length);
  expect(received()).toEqual(MESSAGE);
});

test("shutdown: after the grace time what is left is cut, and its handlers hear of it", async () => {
  await start();
  const session = peer.session();
  let begin: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (begin = resolve));
  const cancelled = new Promise<void>((resolve) => {
    peer.services.unary("/test.Echo/Never", (_request, unary) => {
      unary.onCancel = resolve;
      begin();
    });
  });
  const answer = call(session, "/test.Echo/Never", MESSAGE);
  await started;
  await peer.server.shutdown(20);
  await cancelled;
  await answer.catch(() => undefined);
});

test("keepalive: a client that pings too often gets too_many_pings", async () => {
  await start();
  const client = raw().open();
  const ping = frame(FrameType.PING, 0, 0, Buffer.from("12345678"));
  for (let i = 0; i < 5; i++) client.send(ping);
  expect(await client.goAway()).toEqual({
    code: ErrorCode.ENHANCE_YOUR_CALM,
    text: "too_many_pings",
  });
  // The first one is free, two more are strikes that are forgiven.
  const answers = client.frames.filter(({ type, flags }) => type === FrameType.PING && flags === 1);
  expect(answers.length).toBe(3);
  expect(answers[0]!.payload.toString()).toBe("12345678");
});

test("keepalive: replies in between forgive pings", async () => {
  await start();
  const client = raw().open();
  const ping = frame(FrameType.PING, 0, 0, Buffer.alloc(8));
  for (let i = 0; i < 20; i++) client.send(ping, whole(2 * i + 1));
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 39);
  expect(client.frames.some(({ type }) => type === FrameType.GOAWAY)).toBe(false);
});

test("keepalive: a PING after each of 20,000 replies, as Go's clients send them, is answered", async () => {
  await start();
  const client = raw().open();
  client.send(frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1 << 30)));
  const ping = frame(FrameType.PING, 0, 0, Buffer.alloc(8));
  for (let i = 0; i < 20_000; i += 100) {
    const calls = Array.from({ length: 100 }, (_, k) => [ping, whole(2 * (i + k) + 1)]);
    client.send(...calls.flat());
    await client.frame(({ type, id }) => type === FrameType.DATA && id === 2 * (i + 99) + 1);
    client.frames.length = 0;
  }
  expect(client.closed).toBe(false);
});

test("keepalive: a silent connection is asked, and cut without an answer", async () => {
  const keepalive = { minTimeMs: 5000, intervalMs: 2000, timeoutMs: 20_000 };
  await start({ clock: fastClock(20), keepalive });
  const client = raw().open();
  const ping = await client.frame(({ type, flags }) => type === FrameType.PING && flags === 0);
  client.send(frame(FrameType.PING, Flag.ACK, 0, ping.payload));
  const pings = (): number => client.frames.filter(({ type }) => type === FrameType.PING).length;
  await client.until(() => pings() === 2);
  expect(client.closed).toBe(false);
  await client.until(() => client.closed);
});

test.each([["a\u0001b"], ["a\rb"], ["a\nb"], ["a\0b"], ["a\u007fb"]])(
  "a header value with the control character in %j is malformed",
  async (value) => {
    await start();
    const client = raw().open();
    const block = requestBlock("/test.Echo/Echo", [["x-a", value]]);
    client.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 1, block), whole(3));
    const reset = await client.frame(({ type, id }) => type === FrameType.RST_STREAM && id === 1);
    expect(reset.payload.readUInt32BE()).toBe(ErrorCode.PROTOCOL_ERROR);
    await client.frame(({ type, id }) => type === FrameType.DATA && id === 3);
  },
);

test.each([
  [["host", "a"], ["host", "b"], 400, 13, "num values of :authority: 1, num values of host: 2"],
  [["x-bin", "***"], ["x", ""], 400, 13, 'header "x-bin": illegal base64 data at input byte 0'],
  [["x-bin", "YQ=="], ["y-bin", "YQ,YQ"], 400, 13, "illegal base64 data at input byte 2"],
  [["x-bin", "YQ=="], ["y-bin", "YWJjZ"], 400, 13, "illegal base64 data at input byte 4"],
  [["grpc-timeout", "1n"], ["x", ""], 200, 4, "context deadline exceeded"],
  [["grpc-timeout", "0S"], ["x", ""], 200, 4, "context deadline exceeded"],
  [["grpc-timeout", "5S"], ["grpc-timeout", "5d"], 400, 13, "timeout unit is not recognized"],
  [["grpc-timeout", "5S"], ["grpc-timeout", "-5S"], 400, 13, 'parsing "-5": invalid syntax'],
] as [[string, string], [string, string], number, number, string][])(
  "metadata %j and %j: HTTP status %d, code %d, as from grpc-go",
  async (one, other, status, code, text) => {
    let handled = 0;
    await start();
    peer.services.unary("/test.Echo/Count", (_request, call) => {
      handled++;
      call.reply(MESSAGE);
    });
    const client = raw().open();
    const block = requestBlock("/test.Echo/Count", [one, other]);
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS, 1, block),
      frame(FrameType.DATA, Flag.END_STREAM, 1, frameMessage(MESSAGE)),
    );
    const head = await client.frame(({ type, id }) => type === FrameType.HEADERS && id === 1);
    const fields = new Map<string, string>();
    new HpackDecoder().decode(head.payload, 0, head.payload.length, {
      onField: (name, value) => void fields.set(name, value),
    });
    expect([fields.get(":status"), fields.get("grpc-status")]).toEqual([`${status}`, `${code}`]);
    expect(decodeURIComponent(fields.get("grpc-message")!)).toContain(text);
    expect(handled).toBe(0);
  },
);

test("more than 64 KiB of metadata ends the call, and not the connection", async () => {
  await start();
  const client = raw().open();
  const block = requestBlock("/test.Echo/Echo", [["x-a", "a".repeat(100_000)]]);
  const pieces = Array.from({ length: Math.ceil(block.length / 16_000) }, (_, i) =>
    block.subarray(i * 16_000, (i + 1) * 16_000),
  );
  client.send(
    ...pieces.map((piece, i) => {
      const type = i === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
      return frame(type, i === pieces.length - 1 ? Flag.END_HEADERS : 0, 1, piece);
    }),
    whole(3),
  );
  const reset = await client.frame(({ type, id }) => type === FrameType.RST_STREAM && id === 1);
  expect(reset.payload.readUInt32BE()).toBe(ErrorCode.ENHANCE_YOUR_CALM);
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 3);
});

const SILENT = requestBlock("/test.Echo/Silent");

const floods: [string, number, (i: number) => Buffer][] = [
  ["SETTINGS", 200, () => EMPTY_SETTINGS],
  [
    "rapid reset (CVE-2023-44487)",
    210_000,
    (i) =>
      Buffer.concat([
        frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * i + 1, SILENT),
        frame(FrameType.RST_STREAM, 0, 2 * i + 1, uint32(8)),
      ]),
  ],
  [
    "empty DATA frames",
    2000,
    (i) =>
      i === 0
        ? frame(FrameType.HEADERS, Flag.END_HEADERS, 1, BLOCK)
        : frame(FrameType.DATA, 0, 1, NOTHING),
  ],
  [
    "CONTINUATION frames (CVE-2023-45288)",
    100,
    (i) =>
      i === 0
        ? frame(FrameType.HEADERS, 0, 1, BLOCK)
        : frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(1)),
  ],
  [
    "a header block without end",
    20,
    (i) => frame(i === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, 0, 1, Buffer.alloc(16_000)),
  ],
  [
    "streams that the server itself has to reset (GHSA-hrxh-6v49-42gf)",
    2000,
    (i) => frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * i + 1, requestBlock("/x", [["A", "b"]])),
  ],
];

test.each(floods)(
  "a flood of %s ends the connection with ENHANCE_YOUR_CALM",
  async (_name, count, make) => {
    await start({ clock: stillClock });
    const client = raw().open();
    client.send(Buffer.concat(Array.from({ length: count }, (_, i) => make(i))));
    expect((await client.goAway()).code).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    await client.until(() => client.closed);
    const other = await call(peer.session(), "/test.Echo/Echo", MESSAGE);
    expect(other.trailers["grpc-status"]).toBe("0");
  },
);

test("20,000 calls that are cancelled at once, as by a context that all of them share, cost nobody the connection", async () => {
  await start();
  const client = raw().open();
  const silent = requestBlock("/test.Echo/Silent");
  const ids = Array.from({ length: 20_000 }, (_, i) => 2 * i + 1);
  const opened = (id: number): Buffer =>
    Buffer.concat([
      frame(FrameType.HEADERS, Flag.END_HEADERS, id, silent),
      frame(FrameType.DATA, Flag.END_STREAM, id, MESSAGE),
    ]);
  client.send(...ids.map(opened));
  client.send(...ids.map((id) => frame(FrameType.RST_STREAM, 0, id, uint32(8))));
  client.send(whole(40_001));
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 40_001);
  expect(client.frames.some(({ type }) => type === FrameType.GOAWAY)).toBe(false);
  const counts = peer.services.methods().find(({ path }) => path === "/test.Echo/Silent");
  expect(counts?.handled.get(Status.CANCELLED)).toBe(20_000);
});

test("3,000 calls that are refused are no mistakes of the client", async () => {
  await start({ maxConcurrentStreams: 3 });
  const client = raw().open();
  const silent = requestBlock("/test.Echo/Silent");
  for (const id of [1, 3, 5]) client.send(frame(FrameType.HEADERS, Flag.END_HEADERS, id, silent));
  client.send(...Array.from({ length: 3000 }, (_, i) => whole(2 * i + 7)));
  const refused = (): number =>
    client.frames.filter(({ type }) => type === FrameType.RST_STREAM).length;
  await client.until(() => refused() === 3000);
  client.send(frame(FrameType.RST_STREAM, 0, 1, uint32(8)), whole(6007));
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 6007);
});

test("what was under way for 5,000 calls when they were answered before their end is ignored", async () => {
  await start({ maxReceiveMessageBytes: 100 });
  const client = raw().open();
  const ids = Array.from({ length: 5000 }, (_, i) => 2 * i + 1);
  const tooLong = Buffer.from([0, 0, 0, 200, 0]);
  const data = (id: number, flags: number): Buffer => frame(FrameType.DATA, flags, id, tooLong);
  const head = (id: number): Buffer => frame(FrameType.HEADERS, Flag.END_HEADERS, id, BLOCK);
  client.send(...ids.map((id) => Buffer.concat([head(id), data(id, 0)])));
  client.send(...ids.map((id) => data(id, Flag.END_STREAM)));
  client.send(whole(10_001));
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 10_001);
  expect(client.frames.some(({ type }) => type === FrameType.GOAWAY)).toBe(false);
});

test("an HPACK bomb is refused while the connection goes on", async () => {
  await start();
  const client = raw().open();
  // A field of 3000 bytes is put into the table once and then named by one byte 10,000 times.
  const field = Buffer.concat([
    Buffer.from([0x40, 0x01, 0x61]),
    Buffer.from([0x7f, 0x80 | ((3000 - 127) & 0x7f), (3000 - 127) >> 7]),
    Buffer.alloc(3000, 0x62),
    Buffer.alloc(10_000, 0xbe),
  ]);
  client.send(
    frame(FrameType.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, Buffer.concat([BLOCK, field])),
  );
  const reset = await client.frame(({ type }) => type === FrameType.RST_STREAM);
  expect(reset.payload.readUInt32BE()).toBe(ErrorCode.ENHANCE_YOUR_CALM);
  client.send(whole(3));
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 3);
});

test("more calls than maxConcurrentStreams are refused, and work later", async () => {
  await start({ maxConcurrentStreams: 3 });
  const client = raw().open();
  const silent = requestBlock("/test.Echo/Silent");
  for (const id of [1, 3, 5]) client.send(frame(FrameType.HEADERS, Flag.END_HEADERS, id, silent));
  client.send(whole(7));
  const reset = await client.frame(({ type }) => type === FrameType.RST_STREAM);
  expect([reset.id, reset.payload.readUInt32BE()]).toEqual([7, ErrorCode.REFUSED_STREAM]);
  client.send(frame(FrameType.RST_STREAM, 0, 1, uint32(8)), whole(9));
  await client.frame(({ type, id }) => type === FrameType.DATA && id === 9);
});

test("counters: bytes and calls are counted past the end of a connection", async () => {
  await start();
  const session = peer.session();
  await call(session, "/test.Echo/Echo", MESSAGE);
  expect(peer.server.connections()).toBe(1);
  const { sentBytes, receivedBytes } = peer.server;
  expect(sentBytes).toBeGreaterThan(60);
  expect(receivedBytes).toBeGreaterThan(60);
  await new Promise<void>((resolve) => session.close(() => resolve()));
  const gone = raw();
  await gone.until(() => peer.server.connections() === 0);
  expect(peer.server.sentBytes).toBeGreaterThanOrEqual(sentBytes);
  const [echo] = peer.services.methods();
  expect(echo?.handled.get(Status.OK)).toBe(1);
});
