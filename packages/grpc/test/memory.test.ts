import { afterEach, expect, test } from "vitest";
import type { StreamCall } from "../src/grpc.ts";
import { Flag, FrameType } from "../src/http2/frame.ts";
import { PAUSE_READING_BYTES, SEND_HIGH_WATER_BYTES } from "../src/limits.ts";
import { frameMessage } from "./node-client.ts";
import { frame, RawClient, requestBlock } from "./raw-client.ts";
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
async function deafClient(): Promise<RawClient> {
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

test("a client that never reads: calls are not taken any more once a bound of replies waits", async () => {
  peer = await serve();
  const reply = Buffer.alloc(1024 * 1024);
  let answered = 0;
  peer.services.unary("/m.M/Big", (_request, call) => {
    answered++;
    call.reply(reply);
  });
  await deafClient();
  const block = requestBlock("/m.M/Big");
  const empty = frameMessage(Buffer.alloc(0));
  for (let i = 0; i < 20_000; i++) {
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * i + 1, block),
      frame(FrameType.DATA, Flag.END_STREAM, 2 * i + 1, empty),
    );
    if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  // 64 MiB of queued replies, what the sockets hold, and no more.
  expect(answered).toBeGreaterThan(4);
  expect(answered).toBeLessThan(100);
});

test("a client that never reads: send answers false and the queue stays at its bound", async () => {
  peer = await serve();
  let call: StreamCall | undefined;
  peer.services.stream("/m.M/Flood", "server_stream", (opened) => (call = opened));
  await deafClient();
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

test("a client that never reads: answers to its PINGs stop at a bound", async () => {
  peer = await serve();
  await deafClient();
  // Requests that are rejected with a body keep the pings forgiven and the output growing.
  const block = requestBlock("/m.M/None", [["x", "y".repeat(200)]]);
  const before = process.memoryUsage();
  for (let i = 0; i < 60_000; i++) {
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 2 * i + 1, block),
      frame(FrameType.PING, 0, 0, Buffer.alloc(8)),
    );
    if (client.closed || client.socket.writableLength > 8 * 1024 * 1024) break;
    if (i % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const after = process.memoryUsage();
  const limit = 8 * PAUSE_READING_BYTES;
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(limit);
});
