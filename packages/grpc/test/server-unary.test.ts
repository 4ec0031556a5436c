import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { type Metadata, RpcError, Status } from "../src/grpc.ts";
import { call, frameMessage } from "./node-client.ts";
import { serve, type TestServer } from "./test-server.ts";

let peer: TestServer;

afterEach(() => peer.close());

async function echo(options: Parameters<typeof serve>[0] = {}): Promise<TestServer> {
  peer = await serve(options);
  peer.services.unary("/test.Echo/Echo", (request, unary) => unary.reply(request));
  return peer;
}

test.each([0, 1, 1000, 4096, 4097, 16_384, 70_000, 1_500_000])(
  "unary: a message of %i bytes comes back as it was",
  async (size) => {
    const session = (await echo()).session();
    const message = randomBytes(size);
    const answer = await call(session, "/test.Echo/Echo", frameMessage(message));
    expect(answer.headers[":status"]).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/grpc");
    expect(answer.trailers["grpc-status"]).toBe("0");
    // Buffers are compared whole: a matcher would walk them byte by byte.
    expect(answer.messages.length).toBe(1);
    expect(answer.messages[0]!.equals(message)).toBe(true);
  },
);

test("unary: 1000 calls at once on one connection each get their own reply", async () => {
  const session = (await echo()).session();
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) =>
      call(session, "/test.Echo/Echo", frameMessage(Buffer.from(`call ${i}`))),
    ),
  );
  expect(answers.map((answer) => answer.messages[0]?.toString())).toEqual(
    Array.from({ length: 1000 }, (_, i) => `call ${i}`),
  );
  const [entry] = peer.services.methods();
  expect(entry).toMatchObject({ started: 1000, handled: new Map([[Status.OK, 1000]]) });
});

test("unary: a failure is trailers only, with its message percent-encoded", async () => {
  const session = (await echo()).session();
  peer.services.unary("/test.Echo/Fail", (_request, unary) =>
    unary.fail(Status.NOT_FOUND, "100% größer\n"),
  );
  peer.services.unary("/test.Echo/Percent", (_request, unary) =>
    unary.fail(Status.NOT_FOUND, "%41"),
  );
  const answer = await call(session, "/test.Echo/Fail", frameMessage(Buffer.alloc(0)));
  expect(answer.headers["grpc-status"]).toBe("5");
  expect(answer.headers["grpc-message"]).toBe("100%25 gr%C3%B6%C3%9Fer%0A");
  expect(answer.messages).toEqual([]);
  const percent = await call(session, "/test.Echo/Percent", frameMessage(Buffer.alloc(0)));
  expect(percent.headers["grpc-message"]).toBe("%2541");
});

test("unary: what a handler throws becomes the status", async () => {
  const session = (await echo()).session();
  peer.services.unary("/test.Echo/Throw", () => {
    throw new RpcError(Status.ABORTED, "no");
  });
  peer.services.unary("/test.Echo/Break", () => {
    throw new TypeError("broken");
  });
  const thrown = await call(session, "/test.Echo/Throw", frameMessage(Buffer.alloc(0)));
  expect(thrown.headers).toMatchObject({ "grpc-status": "10", "grpc-message": "no" });
  const broken = await call(session, "/test.Echo/Break", frameMessage(Buffer.alloc(0)));
  expect(broken.headers).toMatchObject({ "grpc-status": "13", "grpc-message": "broken" });
});

test("unary: metadata reaches the handler, -bin values as they came", async () => {
  const session = (await echo()).session();
  let seen: Metadata = new Map();
  let from = "";
  peer.services.unary("/test.Echo/Metadata", (request, unary) => {
    seen = unary.metadata;
    from = unary.peer;
    unary.reply(request);
  });
  await call(session, "/test.Echo/Metadata", frameMessage(Buffer.alloc(0)), {
    token: "abc.def",
    hasleader: "true",
    "trace-bin": "AAEC/w==",
  });
  expect(seen.get("token")).toBe("abc.def");
  expect(seen.get("hasleader")).toBe("true");
  expect(seen.get("trace-bin")).toBe("AAEC/w==");
  expect(seen.get(":authority")).toBe(`127.0.0.1:${peer.port}`);
  expect(seen.has("te")).toBe(false);
  expect(from).toMatch(/^127\.0\.0\.1:\d+$/);
});

test("unary: unknown services and methods are UNIMPLEMENTED in grpc-go's words", async () => {
  const session = (await echo()).session();
  const empty = frameMessage(Buffer.alloc(0));
  const service = await call(session, "/test.Other/Echo", empty);
  expect(service.headers).toMatchObject({
    "grpc-status": "12",
    "grpc-message": "unknown service test.Other",
  });
  const method = await call(session, "/test.Echo/Other", empty);
  expect(method.headers).toMatchObject({
    "grpc-status": "12",
    "grpc-message": "unknown method Other for service test.Echo",
  });
  const malformed = await call(session, "/nonsense", empty);
  expect(malformed.headers["grpc-message"]).toBe('malformed method name: "/nonsense"');
});

test("unary: other content types get 415, other methods 405, a bad timeout 400", async () => {
  const session = (await echo()).session();
  const empty = frameMessage(Buffer.alloc(0));
  const json = await call(session, "/test.Echo/Echo", empty, {
    "content-type": "application/json",
  });
  expect(json.headers[":status"]).toBe(415);
  const put = await call(session, "/test.Echo/Echo", empty, { ":method": "PUT" });
  expect(put.headers[":status"]).toBe(405);
  const late = await call(session, "/test.Echo/Echo", empty, { "grpc-timeout": "5x" });
  expect(late.headers[":status"]).toBe(400);
  const sub = await call(session, "/test.Echo/Echo", empty, {
    "content-type": "application/grpc+proto",
  });
  expect(sub.trailers["grpc-status"]).toBe("0");
});

test("unary: a message over the limit is RESOURCE_EXHAUSTED in grpc-go's words", async () => {
  const session = (await echo({ maxReceiveMessageBytes: 1000 })).session();
  const answer = await call(session, "/test.Echo/Echo", frameMessage(Buffer.alloc(1001)));
  expect(answer.headers).toMatchObject({
    "grpc-status": "8",
    "grpc-message": "grpc: received message larger than max (1001 vs. 1000)",
  });
  const fits = await call(session, "/test.Echo/Echo", frameMessage(Buffer.alloc(1000)));
  expect(fits.trailers["grpc-status"]).toBe("0");
});

test("unary: the limit is the same for a message that spans frames", async () => {
  const session = (await echo({ maxReceiveMessageBytes: 50_000 })).session();
  const fits = await call(session, "/test.Echo/Echo", frameMessage(Buffer.alloc(50_000)));
  expect(fits.trailers["grpc-status"]).toBe("0");
  const over = await call(session, "/test.Echo/Echo", frameMessage(Buffer.alloc(50_001)));
  expect(over.headers["grpc-status"]).toBe("8");
});

test("unary: gzip messages are unpacked, up to the limit", async () => {
  const session = (await echo({ maxReceiveMessageBytes: 10_000 })).session();
  const packed = (size: number): Buffer => {
    const body = frameMessage(gzipSync(Buffer.alloc(size, 7)));
    body[0] = 1;
    return body;
  };
  const gzip = { "grpc-encoding": "gzip" };
  const answer = await call(session, "/test.Echo/Echo", packed(10_000), gzip);
  expect(answer.messages).toEqual([Buffer.alloc(10_000, 7)]);
  const bomb = await call(session, "/test.Echo/Echo", packed(1_000_000), gzip);
  expect(bomb.headers).toMatchObject({ "grpc-status": "8" });
  const flagOnly = await call(session, "/test.Echo/Echo", packed(10));
  expect(flagOnly.headers["grpc-message"]).toBe(
    "grpc: compressed flag set with identity or empty encoding",
  );
  const unknown = await call(session, "/test.Echo/Echo", packed(10), { "grpc-encoding": "snappy" });
  expect(unknown.headers).toMatchObject({
    "grpc-status": "12",
    "grpc-accept-encoding": "identity,gzip",
  });
});

test("unary: of messages that inflate few are unpacked in a turn, and others are served in between", async () => {
  const session = (await echo()).session();
  let turn = 0;
  let last = 0;
  const perTurn = new Map<number, number>();
  peer.services.unary("/test.Echo/Count", (request, unary) => {
    // A turn ends with the immediates that were asked for in it.
    if (last === turn) setImmediate(() => turn++);
    last = turn;
    perTurn.set(turn, (perTurn.get(turn) ?? 0) + request.length);
    unary.reply(Buffer.alloc(0));
  });
  const body = frameMessage(gzipSync(Buffer.alloc(400_000)));
  body[0] = 1;
  const order: string[] = [];
  const gzip = { "grpc-encoding": "gzip" };
  const inflated = Array.from({ length: 100 }, () =>
    call(session, "/test.Echo/Count", body, gzip).then(() => order.push("inflated")),
  );
  const bomb = frameMessage(gzipSync(Buffer.alloc(4_000_000)));
  bomb[0] = 1;
  const refused = call(session, "/test.Echo/Count", bomb, gzip);
  const small = call(session, "/test.Echo/Echo", frameMessage(Buffer.from("small")));
  await small.then(() => order.push("small"));
  await Promise.all(inflated);
  expect((await refused).headers["grpc-status"]).toBe("8");
  expect(order.indexOf("small")).toBeLessThan(20);
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(2 * 1_200_000);
});

test("unary: no message and two messages are INTERNAL", async () => {
  const session = (await echo()).session();
  const none = await call(session, "/test.Echo/Echo", Buffer.alloc(0));
  expect(none.headers["grpc-status"]).toBe("13");
  const one = frameMessage(Buffer.from("a"));
  const two = await call(session, "/test.Echo/Echo", Buffer.concat([one, one]));
  expect(two.headers["grpc-status"]).toBe("13");
  const half = await call(session, "/test.Echo/Echo", one.subarray(0, 4));
  expect(half.headers["grpc-status"]).toBe("13");
});

test("unary: a deadline that passes cancels the handler and answers DEADLINE_EXCEEDED", async () => {
  const session = (await echo()).session();
  const cancelled = new Promise<void>((resolve) => {
    peer.services.unary("/test.Echo/Never", (_request, unary) => {
      unary.onCancel = resolve;
    });
  });
  const answer = await call(session, "/test.Echo/Never", frameMessage(Buffer.alloc(0)), {
    "grpc-timeout": "50m",
  });
  await cancelled;
  expect(answer.headers["grpc-status"]).toBe("4");
  const entry = peer.services.methods().find(({ path }) => path === "/test.Echo/Never");
  expect(entry?.handled).toEqual(new Map([[Status.DEADLINE_EXCEEDED, 1]]));
});
