import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type CallOptions,
  type CallStatus,
  Channel,
  type ClientStream,
  LocalTransport,
  type Metadata,
  RpcError,
  Services,
  Status,
  type StreamCall,
  type Transport,
} from "../src/grpc.ts";
import { serve, type TestServer } from "./test-server.ts";

/** The same promises hold over a socket and inside the process. */
describe.each(["Channel", "LocalTransport"])("%s", (kind) => {
  let services: Services;
  let peer: TestServer;
  let transport: Transport;

  beforeEach(async () => {
    services = new Services();
    peer = await serve({ services });
    const address = { host: "127.0.0.1", port: peer.port };
    transport =
      kind === "Channel"
        ? new Channel({ network: nodeNetwork, clock: nodeClock, ...address })
        : new LocalTransport(services, nodeClock);
    services.unary("/t.T/Echo", (request, call) => call.reply(request));
    services.stream("/t.T/Chat", "bidi_stream", echoStream);
  });

  afterEach(async () => {
    transport.close();
    await peer.close();
  });

  test("unary: the reply comes back", async () => {
    expect(text(await transport.unary("/t.T/Echo", bytes("hello")))).toBe("hello");
    expect((await transport.unary("/t.T/Echo", bytes(""))).length).toBe(0);
  });

  test("unary: 500 calls at once get their own replies", async () => {
    const calls = Array.from({ length: 500 }, (_, i) =>
      transport.unary("/t.T/Echo", bytes(`${i}`)),
    );
    expect((await Promise.all(calls)).map(text)).toEqual(calls.map((_, i) => `${i}`));
  });

  test("unary: 3 MB are over the server's limit, 1.5 MB are not", async () => {
    const fits = Buffer.alloc(1_500_000, 3);
    expect(fits.equals(await transport.unary("/t.T/Echo", fits))).toBe(true);
    if (kind === "LocalTransport") return;
    await expect(transport.unary("/t.T/Echo", Buffer.alloc(3_000_000))).rejects.toMatchObject({
      code: Status.RESOURCE_EXHAUSTED,
      message: "grpc: received message larger than max (3000000 vs. 2097152)",
    });
  });

  test("unary: a failure carries code and message", async () => {
    services.unary("/t.T/Fail", (_request, call) => call.fail(Status.ABORTED, "nö: 100%"));
    const failure = transport.unary("/t.T/Fail", bytes("x"));
    await expect(failure).rejects.toBeInstanceOf(RpcError);
    await expect(failure).rejects.toMatchObject({ code: Status.ABORTED, message: "nö: 100%" });
  });

  test("unary: what a handler throws is the status, or INTERNAL", async () => {
    services.unary("/t.T/Throw", () => {
      throw new RpcError(Status.DATA_LOSS, "gone");
    });
    services.unary("/t.T/Break", () => {
      throw new TypeError("broken");
    });
    await expect(transport.unary("/t.T/Throw", bytes(""))).rejects.toMatchObject({
      code: Status.DATA_LOSS,
      message: "gone",
    });
    await expect(transport.unary("/t.T/Break", bytes(""))).rejects.toMatchObject({
      code: Status.INTERNAL,
      message: "broken",
    });
  });

  test("unary: an unknown method is UNIMPLEMENTED", async () => {
    await expect(transport.unary("/t.T/Nothing", bytes(""))).rejects.toMatchObject({
      code: Status.UNIMPLEMENTED,
      message: "unknown method Nothing for service t.T",
    });
  });

  test("unary: metadata reaches the handler", async () => {
    let seen: Metadata = new Map();
    services.unary("/t.T/See", (request, call) => {
      seen = call.metadata;
      call.reply(request);
    });
    const metadata = new Map([
      ["token", "t".repeat(300)],
      ["x-bin", "AAE="],
    ]);
    await transport.unary("/t.T/See", bytes(""), { metadata });
    expect(Object.fromEntries(seen)).toMatchObject(Object.fromEntries(metadata));
  });

  test("unary: a deadline ends the call on both sides", async () => {
    const { cancelled } = silent(services, "/t.T/Silent");
    await transport.unary("/t.T/Echo", bytes(""));
    const call = transport.unary("/t.T/Silent", bytes(""), { timeoutMs: 150 });
    await expect(call).rejects.toMatchObject({
      code: Status.DEADLINE_EXCEEDED,
      message: "context deadline exceeded",
    });
    await cancelled;
  });

  test("unary: an abort signal ends the call on both sides", async () => {
    const { started, cancelled } = silent(services, "/t.T/Silent");
    const controller = new AbortController();
    void started.then(() => controller.abort());
    const call = transport.unary("/t.T/Silent", bytes(""), { signal: controller.signal });
    await expect(call).rejects.toMatchObject({ code: Status.CANCELLED });
    await cancelled;
    const aborted = transport.unary("/t.T/Echo", bytes(""), { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: Status.CANCELLED });
  });

  test("close: open calls and later ones are UNAVAILABLE", async () => {
    const { started, cancelled } = silent(services, "/t.T/Silent");
    const call = transport.unary("/t.T/Silent", bytes(""));
    const failure = expect(call).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    await started;
    transport.close();
    await failure;
    await cancelled;
    await expect(transport.unary("/t.T/Echo", bytes(""))).rejects.toMatchObject({
      code: Status.UNAVAILABLE,
    });
  });

  test("bidi stream: messages of both sides keep their order; half-close ends it", async () => {
    const { stream, messages, ended } = collect(transport, "/t.T/Chat");
    for (let i = 0; i < 1000; i++) stream.send(bytes(`message ${i}`));
    stream.halfClose();
    expect(await ended).toMatchObject({ code: Status.OK });
    expect(messages.map(text)).toEqual(Array.from({ length: 1000 }, (_, i) => `message ${i}`));
  });

  test("bidi stream: large messages in both directions, 40 MB in all", async () => {
    const { stream, messages, ended } = collect(transport, "/t.T/Chat");
    const message = Buffer.alloc(1_000_000, 5);
    for (let i = 0; i < 20; i++) stream.send(message);
    stream.halfClose();
    await ended;
    expect(messages.length).toBe(20);
    expect(messages.every((received) => message.equals(received))).toBe(true);
  });

  test("server stream: one request, many replies", async () => {
    services.stream("/t.T/Count", "server_stream", (call) => {
      let count = 0;
      call.onMessage = (message) => (count = Number(text(message)));
      call.onHalfClose = () => {
        for (let i = 0; i < count; i++) call.send(bytes(`${i}`));
        call.finish();
      };
    });
    const { stream, messages, ended } = collect(transport, "/t.T/Count");
    stream.send(bytes("300"));
    stream.halfClose();
    await ended;
    expect(messages.map(text)).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
  });

  test.each([0, 2])(
    "server stream: %d requests are INTERNAL and reach no handler",
    async (count) => {
      let handled = 0;
      services.stream("/t.T/Count", "server_stream", (call) => {
        call.onMessage = () => handled++;
        call.onHalfClose = () => handled++;
      });
      const { stream, ended } = collect(transport, "/t.T/Count");
      for (let i = 0; i < count; i++) stream.send(bytes("1"));
      stream.halfClose();
      expect(await ended).toMatchObject({ code: Status.INTERNAL });
      expect(handled).toBe(0);
    },
  );

  test("client stream: many requests, one reply", async () => {
    services.stream("/t.T/Sum", "client_stream", (call) => {
      let sum = 0;
      call.onMessage = (message) => (sum += Number(text(message)));
      call.onHalfClose = () => {
        call.send(bytes(`${sum}`));
        call.finish();
      };
    });
    const { stream, messages, ended } = collect(transport, "/t.T/Sum");
    for (let i = 1; i <= 100; i++) stream.send(bytes(`${i}`));
    stream.halfClose();
    await ended;
    expect(messages.map(text)).toEqual(["5050"]);
  });

  test("stream: a failure comes after what was sent before it", async () => {
    services.stream("/t.T/Some", "server_stream", (call) => {
      call.onHalfClose = () => {
        call.send(bytes("one"));
        call.fail(Status.OUT_OF_RANGE, "compacted");
      };
    });
    const { stream, messages, ended } = collect(transport, "/t.T/Some");
    stream.send(bytes(""));
    stream.halfClose();
    expect(await ended).toMatchObject({ code: Status.OUT_OF_RANGE, message: "compacted" });
    expect(messages.map(text)).toEqual(["one"]);
  });

  test("stream: the server may end while the client still sends", async () => {
    services.stream("/t.T/Short", "bidi_stream", (call) => {
      call.onMessage = () => call.fail(Status.PERMISSION_DENIED, "no more");
    });
    const { stream, ended } = collect(transport, "/t.T/Short");
    stream.send(bytes("a"));
    stream.send(bytes("b"));
    expect(await ended).toMatchObject({ code: Status.PERMISSION_DENIED });
    expect(stream.send(bytes("c"))).toBe(true);
  });

  test("stream: cancel reaches the handler once, and the counters", async () => {
    let cancels = 0;
    let call: StreamCall | undefined;
    services.stream("/t.T/Watch", "bidi_stream", (opened) => {
      call = opened;
      opened.onCancel = () => cancels++;
      opened.send(bytes("open"));
    });
    const { stream, ended } = collect(transport, "/t.T/Watch", {}, () => stream.cancel());
    expect(await ended).toMatchObject({ code: Status.CANCELLED });
    await until(() => cancels > 0);
    expect(call?.cancelled).toBe(true);
    expect(call?.send(bytes("dropped"))).toBe(true);
    call?.finish();
    expect(cancels).toBe(1);
    const entry = services.methods().find(({ path }) => path === "/t.T/Watch");
    expect(entry?.handled).toEqual(new Map([[Status.CANCELLED, 1]]));
  });

  test("stream: a deadline ends it on both sides", async () => {
    let cancelled = false;
    services.stream("/t.T/Watch", "bidi_stream", (call) => {
      call.onCancel = () => (cancelled = true);
    });
    await transport.unary("/t.T/Echo", bytes(""));
    const { ended } = collect(transport, "/t.T/Watch", { timeoutMs: 150 });
    expect(await ended).toMatchObject({ code: Status.DEADLINE_EXCEEDED });
    await until(() => cancelled);
  });

  test("send: false above the high-water mark, onDrain when the client reads on", async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let call: StreamCall | undefined;
    let drains = 0;
    services.stream("/t.T/Flood", "server_stream", (opened) => {
      call = opened;
      opened.onHalfClose = () => undefined;
      opened.onDrain = () => drains++;
    });
    const { stream, messages, ended } = collect(transport, "/t.T/Flood");
    stream.send(bytes(""));
    stream.halfClose();
    stream.pause();
    await until(() => call !== undefined);
    let sent = 0;
    while (sent < 2000) {
      sent++;
      if (!call!.send(chunk)) break;
      if (sent % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(sent).toBeLessThan(2000);
    expect(call!.queuedBytes).toBeGreaterThan(100 * 1024);
    expect(drains).toBe(0);
    stream.resume();
    await until(() => drains > 0);
    call!.finish();
    expect(await ended).toMatchObject({ code: Status.OK });
    expect(messages.length).toBe(sent);
  });

  test("pause: the handler gets nothing until resume, then everything in order", async () => {
    const seen: string[] = [];
    let call: StreamCall | undefined;
    services.stream("/t.T/Slow", "client_stream", (opened) => {
      call = opened;
      opened.onMessage = (message) => {
        seen.push(text(message));
        if (seen.length % 10 === 1) opened.pause();
      };
      opened.onHalfClose = () => opened.finish();
    });
    const { stream, ended } = collect(transport, "/t.T/Slow");
    for (let i = 0; i < 95; i++) stream.send(bytes(`${i}`));
    stream.halfClose();
    for (let round = 1; round <= 10; round++) {
      await until(() => seen.length === (round - 1) * 10 + 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(seen.length).toBe((round - 1) * 10 + 1);
      call!.resume();
    }
    expect(await ended).toMatchObject({ code: Status.OK });
    expect(seen).toEqual(Array.from({ length: 95 }, (_, i) => `${i}`));
  });
});

function bytes(content: string): Uint8Array {
  return Buffer.from(content);
}

function text(message: Uint8Array): string {
  return Buffer.from(message).toString();
}

function echoStream(call: StreamCall): void {
  call.onMessage = (message) => void call.send(message);
  call.onHalfClose = () => call.finish();
}

/** Registers a unary method that never answers. */
function silent(
  services: Services,
  path: string,
): { started: Promise<void>; cancelled: Promise<void> } {
  let start: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (start = resolve));
  const cancelled = new Promise<void>((resolve) => {
    services.unary(path, (_request, call) => {
      call.onCancel = resolve;
      start();
    });
  });
  return { started, cancelled };
}

function collect(
  transport: Transport,
  path: string,
  options: CallOptions = {},
  onFirst: () => void = () => undefined,
): { stream: ClientStream; messages: Uint8Array[]; ended: Promise<CallStatus> } {
  const stream = transport.stream(path, options);
  const messages: Uint8Array[] = [];
  stream.onMessage = (message) => {
    if (messages.push(message) === 1) onFirst();
  };
  const ended = new Promise<CallStatus>((resolve) => (stream.onEnd = resolve));
  return { stream, messages, ended };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 150_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("The condition did not become true");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
