/**
 * Random and malformed byte streams on the client port while an honest client goes on: no crash, no
 * call of the honest client fails, and the memory of the server does not grow with their number.
 */
import { connect } from "node:net";
import { METHODS } from "@nodetcd/messages";
import { type Peer } from "../peers.ts";
import { httpGet, type ServerProcess, startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { check } from "./check.ts";

const STREAMS = Number(process.env["STREAMS"] ?? 10_000);
const AT_ONCE = 40;
/** Milliseconds that a stream may stay open; most are cut by the server before. */
const STREAM_TIMEOUT_MS = 300;
/** Bytes of resident memory that may come on top after the first half. */
const GROWTH_LIMIT = 80 * 1024 * 1024;

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = frame(4, 0, 0, Buffer.alloc(0));

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A HEADERS payload of a well-formed POST, by literals without indexing. */
function requestHeaders(path: string): Buffer {
  const pairs = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "x"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ];
  return Buffer.concat(
    pairs.flatMap(([name = "", value = ""]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );
}

const PATHS = [METHODS.KV.Put.path, METHODS.KV.Txn.path, METHODS.Watch.Watch.path, "/no/such"];

function writeStream(random: Seeded): Buffer {
  const noise = (most: number): Buffer => Buffer.from(random.bytes(random.below(most)));
  switch (random.below(7)) {
    case 0:
      return noise(500);
    case 1:
      return Buffer.concat([Buffer.from("GET /health HTTP/1.1\r\n"), noise(300)]);
    case 2:
      return Buffer.concat([PREFACE, noise(500)]);
    case 3: {
      const frames = Array.from({ length: random.between(1, 20) }, () =>
        frame(random.below(12), random.below(256), random.below(8), noise(60)),
      );
      return Buffer.concat([PREFACE, SETTINGS, ...frames]);
    }
    case 4: {
      // A good request with a message that is no protobuf, or whose length lies.
      const message = noise(200);
      const prefix = Buffer.from([random.below(3), 0, 0, random.below(2), message.length]);
      const headers = frame(1, 4, 1, requestHeaders(random.pick(PATHS)));
      return Buffer.concat([
        PREFACE,
        SETTINGS,
        headers,
        frame(0, 1, 1, Buffer.concat([prefix, message])),
      ]);
    }
    case 5: {
      const headers = frame(1, random.pick([0, 1, 4, 5]), random.pick([1, 2, 3]), noise(200));
      return Buffer.concat([PREFACE, SETTINGS, headers, frame(9, 0, 1, noise(100))]);
    }
    default: {
      const headers = requestHeaders(random.pick(PATHS));
      const opened = Array.from({ length: 20 }, (_, index) =>
        Buffer.concat([
          frame(1, 4, 2 * index + 1, headers),
          frame(3, 0, 2 * index + 1, Buffer.alloc(4)),
        ]),
      );
      return Buffer.concat([PREFACE, SETTINGS, ...opened, noise(30)]);
    }
  }
}

function sendStream(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), STREAM_TIMEOUT_MS);
    socket.on("data", () => {});
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function residentBytes(server: ServerProcess): Promise<number> {
  const { body } = await httpGet(server.clientPort, "/metrics");
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(body)?.[1] ?? NaN);
}

async function sendMany(port: number, count: number, random: Seeded): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await sendStream(port, writeStream(random));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

export async function proveMalformed(subject: Peer, streams: number = STREAMS): Promise<string> {
  const seed = chosenSeed();
  const random = new Seeded(seed);
  const server = await startServer(subject);
  const honest = new Connection(server.url);
  let calls = 0;
  let slowestMs = 0;
  let done = false;
  const work = async (): Promise<void> => {
    for (let i = 0; !done; i++) {
      const startedAt = Date.now();
      const value = Buffer.from(`v${i}`);
      await honest.call(METHODS.KV.Put, { key: Buffer.from("honest"), value });
      const { kvs } = await honest.call(METHODS.KV.Range, { key: Buffer.from("honest") });
      check(
        Buffer.from(kvs[0]?.value ?? []).equals(value),
        "the honest client read what it did not write",
      );
      slowestMs = Math.max(slowestMs, Date.now() - startedAt);
      calls += 2;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  try {
    const working = work();
    const attack = async (): Promise<number> => {
      await sendMany(server.clientPort, streams / 2, random);
      const before = await residentBytes(server);
      await sendMany(server.clientPort, streams / 2, random);
      return (await residentBytes(server)) - before;
    };
    const growth = await Promise.race([attack(), working.then(() => NaN)]);
    done = true;
    await working;
    check(!server.hasExited, `SEED=${seed}: the server has ended: ${server.tail()}`);
    check(growth < GROWTH_LIMIT, `SEED=${seed}: ${growth} bytes more after the second half`);
    const megabytes = (growth / 1024 / 1024).toFixed(1);
    return `${streams} streams (SEED=${seed}); honest client: ${calls} calls, slowest pair ${slowestMs} ms; memory ${megabytes} MB more in the second half`;
  } finally {
    done = true;
    honest.close();
    await server.stop();
  }
}
