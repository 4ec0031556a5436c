import * as net from "node:net";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { Channel, Services } from "../src/grpc.ts";
import { CLIENT_PREFACE, Flag, FrameType } from "../src/http2/frame.ts";
import { frameMessage } from "./node-client.ts";
import { EMPTY_SETTINGS, frame, requestBlock } from "./raw-client.ts";
import { generator } from "./seed.ts";
import { serve } from "./test-server.ts";

export interface FuzzReport {
  readonly streams: number;
  readonly bytesSent: number;
  /** Calls of the well-behaved client meanwhile; all of them were answered rightly. */
  readonly goodCalls: number;
  readonly handlerCalls: number;
  readonly heapGrowthBytes: number;
  /** Connections that the server still had when all attackers were gone; the good client's is one. */
  readonly connectionsLeft: number;
  /** Calls that were begun and never ended. */
  readonly callsLeft: number;
}

type Random = (bound: number) => number;

const PATHS = ["/f.F/Echo", "/f.F/Chat", "/f.F/Count", "/f.F/None", "/", ""];
const BLOCKS = PATHS.map((path) => requestBlock(path));

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

/** A request with none, some or all of its data. */
function randomRequest(random: Random, id: number): Buffer {
  const block = BLOCKS[random(3) === 0 ? random(BLOCKS.length) : random(3)]!;
  const end = random(6) === 0 ? Flag.END_STREAM : 0;
  const head = frame(FrameType.HEADERS, Flag.END_HEADERS | end, id, block);
  if (end !== 0 || random(3) === 0) return head;
  const message = frameMessage(randomBytes(random, random(300)));
  return Buffer.concat([head, frame(FrameType.DATA, random(3) === 0 ? 0 : 1, id, message)]);
}

/** A frame that is valid, or nearly. */
function randomFrame(random: Random, id: number): Buffer {
  const flags = random(4) === 0 ? random(256) : [0, 1, 4, 5][random(4)]!;
  switch (random(12)) {
    case 0:
      return frame(FrameType.HEADERS, flags | Flag.END_HEADERS, id, BLOCKS[random(BLOCKS.length)]!);
    case 1:
    case 2:
    case 3:
    case 4:
      return frame(FrameType.DATA, flags & 1, id, frameMessage(randomBytes(random, random(300))));
    case 5:
      return frame(FrameType.DATA, flags, id, randomBytes(random, random(40)));
    case 6:
      return frame(FrameType.RST_STREAM, flags, id, randomBytes(random, 4));
    case 7:
      return frame(FrameType.SETTINGS, flags & 1, 0, settings(random));
    case 8:
      return frame(FrameType.WINDOW_UPDATE, 0, random(2) * id, randomBytes(random, 4));
    case 9:
      return frame(FrameType.PING, flags, 0, randomBytes(random, 8));
    case 10:
      return frame(FrameType.CONTINUATION, flags, id, randomBytes(random, random(30)));
    default:
      return frame(random(12), random(256), random(20), randomBytes(random, random(60)));
  }
}

function settings(random: Random): Buffer {
  const settings = Array.from({ length: random(4) }, () =>
    Buffer.concat([Buffer.from([0, random(8)]), randomBytes(random, 4)]),
  );
  return Buffer.concat(settings);
}

function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  for (let i = random(6); i > 0 && mutated.length > 0; i--) {
    const at = random(mutated.length);
    const length = random(20);
    const before = mutated.subarray(0, at);
    switch (random(4)) {
      case 0:
        mutated[at] = random(256);
        break;
      case 1:
        mutated = Buffer.concat([before, mutated.subarray(at + length)]);
        break;
      case 2:
        mutated = Buffer.concat([before, randomBytes(random, length), mutated.subarray(at)]);
        break;
      default:
        mutated = Buffer.concat([before, mutated.subarray(Math.max(0, at - length))]);
    }
  }
  return mutated;
}

/** What one attacker sends: noise, noise after a preface, frames, or frames with damage. */
export function attack(random: Random): Buffer {
  const kind = random(10);
  if (kind === 0) return randomBytes(random, random(400));
  const opening = Buffer.concat([CLIENT_PREFACE, EMPTY_SETTINGS]);
  if (kind === 1) return Buffer.concat([opening, randomBytes(random, random(400))]);
  const frames: Buffer[] = [opening];
  let id = -1;
  for (let i = random(20); i >= 0; i--) {
    if (id < 0 || random(3) === 0) frames.push(randomRequest(random, (id += 2)));
    else frames.push(randomFrame(random, Math.max(1, id - 2 * random(2))));
  }
  const bytes = Buffer.concat(frames);
  return kind < 5 ? bytes : mutate(random, bytes);
}

function sendAndGo(random: Random, port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
    const cut = random(bytes.length + 1);
    socket.write(bytes.subarray(0, cut), () => {
      socket.write(bytes.subarray(cut));
      if (random(3) === 0) socket.end();
      setTimeout(() => socket.destroy(), random(20));
    });
  });
}

function register(services: Services): void {
  services.unary("/f.F/Echo", (request, call) => call.reply(request));
  services.stream("/f.F/Chat", "bidi_stream", (call) => {
    call.onMessage = (message) => void call.send(message);
    call.onHalfClose = () => call.finish();
  });
  services.stream("/f.F/Count", "server_stream", (call) => {
    call.onMessage = () => undefined;
    call.onHalfClose = () => {
      for (let i = 0; i < 100; i++) call.send(Buffer.alloc(2000));
      call.finish();
    };
  });
}

/** Sends this many hostile byte streams to a live server while a good client goes on with its calls. */
export async function fuzz(streams: number, seed: number): Promise<FuzzReport> {
  const random = generator(seed);
  const peer = await serve();
  register(peer.services);
  const channel = new Channel({
    network: nodeNetwork,
    clock: nodeClock,
    host: "127.0.0.1",
    port: peer.port,
  });
  let goodCalls = 0;
  let done = false;
  const good = (async () => {
    while (!done) {
      const sent = Buffer.from(`good ${goodCalls}`);
      const reply = await channel.unary("/f.F/Echo", sent);
      if (!sent.equals(reply)) throw new Error(`The good client got a wrong reply: ${goodCalls}`);
      goodCalls++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  let bytesSent = 0;
  const heapBefore = heap();
  let left = streams;
  const attackers = Array.from({ length: 32 }, async () => {
    while (left-- > 0) {
      const bytes = attack(random);
      bytesSent += bytes.length;
      await sendAndGo(random, peer.port, bytes);
    }
  });
  await Promise.all(attackers);
  done = true;
  await good;
  // Connections that ended by a mistake may linger for a second.
  for (let i = 0; i < 100 && peer.server.connections() > 1; i++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  let handlerCalls = 0;
  let ended = 0;
  for (const { started, handled } of peer.services.methods()) {
    handlerCalls += started;
    for (const count of handled.values()) ended += count;
  }
  const report = {
    streams,
    bytesSent,
    goodCalls,
    handlerCalls,
    heapGrowthBytes: heap() - heapBefore,
    connectionsLeft: peer.server.connections(),
    callsLeft: handlerCalls - ended,
  };
  channel.close();
  await peer.close();
  return report;
}

/** Bytes in use, after a collection where node was started with --expose-gc. */
function heap(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
