import type { Transport } from "@nodetcd/grpc";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { Client, compare, EtcdError, op } from "../src/client.ts";

/** Nothing may be sent. */
const transport: Transport = {
  unary: (path) => Promise.reject(new Error(`${path} was sent`)),
  stream: (path) => {
    throw new Error(`${path} was opened`);
  },
  close: () => undefined,
};
const client = new Client({ runtime: nodeRuntime, transport });
afterAll(() => client.close());

/** As JavaScript calls it: no types. */
// oxlint-disable-next-line typescript/no-explicit-any -- that is what is tested
const js = client as any;
// oxlint-disable-next-line typescript/no-explicit-any
const [anyCompare, anyOp] = [compare as any, op as any];

async function errorOf(run: () => unknown): Promise<EtcdError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof EtcdError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

const object = { a: 1 };
const bad: [call: string, argument: string, says: string, run: () => unknown][] = [
  ["put(k, object)", "value", "got an object", () => js.put("k", object)],
  ["put(k, 42)", "value", "got the number 42", () => js.put("k", 42)],
  ["put(k)", "value", "got nothing", () => js.put("k")],
  ["put(k, null)", "value", "got null", () => js.put("k", null)],
  ["put(k, promise)", "value", "await it first", () => js.put("k", Promise.resolve("v"))],
  ["put(k, ArrayBuffer)", "value", "a text or a Uint8Array", () => js.put("k", new ArrayBuffer(1))],
  ["put(7, v)", "key", "got the number 7", () => js.put(7, "v")],
  ["put lease number", "lease", "its id as a bigint", () => js.put("k", "v", { lease: 5 })],
  ["put lease promise", "lease", "await it", () => js.put("k", "v", { lease: Promise.resolve() })],
  ["put previous", "previous", "true or false", () => js.put("k", "v", { previous: "yes" })],
  ["put unknown", "lese", "no such option", () => js.put("k", "v", { lese: 5n })],
  ["put options", "options", "expected an object", () => js.put("k", "v", "lease")],
  ["get revision", "revision", "a whole number", () => js.get("k", { revision: 1.5 })],
  ["get revision text", "revision", 'the text "7"', () => js.get("k", { revision: "7" })],
  ["get timeout", "timeoutMs", "above 0", () => js.get("k", { timeoutMs: 0 })],
  ["get signal", "signal", "AbortSignal", () => js.get("k", { signal: object })],
  ["get prefix", "prefix", "no such option", () => js.get("k", { prefix: true })],
  ["range sortBy", "sortBy", 'one of "key", "version"', () => js.range("k", { sortBy: "mod" })],
  ["range order", "order", '"descend"', () => js.range("k", { order: "desc" })],
  ["range limit", "limit", "got the number -1", () => js.range("k", { limit: -1 })],
  ["range end", "end", "got the number 1", () => js.range("k", { end: 1 })],
  ["range two", "prefix", "not several", () => js.range("k", { prefix: true, fromKey: true })],
  ["entries pageSize", "pageSize", "1 or more", () => js.entries("k", { pageSize: 0 }).next()],
  ["delete prefix", "prefx", "no such option", () => js.delete("k", { prefx: true })],
  ["compact", "revision", "got nothing", () => js.compact()],
  ["txn operator", "operator", 'one of "="', () => anyCompare.version("k", "==", 0)],
  ["txn version", "version", "a whole number", () => anyCompare.version("k", "=", "0")],
  ["txn value", "value", "got the number 0", () => anyCompare.value("k", "=", 0)],
  ["txn lease", "lease", "bigint", () => anyCompare.lease("k", "=", 0)],
  [
    "txn selection",
    "prefx",
    "no such option",
    () => anyCompare.version("k", "=", 0, { prefx: true }),
  ],
  ["op.put", "value", "got nothing", () => anyOp.put("k")],
  ["op.range", "sort", "no such option", () => anyOp.range("k", { sort: "key" })],
  ["txn if", "conditions", "what compare.… makes", () => js.txn().if("k").commit()],
  ["txn then", "then", "what op.… makes", () => js.txn().then(object).commit()],
  ["watch key", "key", "got an object", () => js.watch(object)],
  ["watch ignore", "ignore", '"put", "delete"', () => js.watch("k", { ignore: "puts" })],
  ["watch start", "startRevision", "whole number", () => js.watch("k", { startRevision: 5n })],
  ["grant", "ttlSeconds", "whole seconds", () => js.leases.grant("10")],
  ["grant 0", "ttlSeconds", "1 to 9000000000", () => js.leases.grant(0)],
  ["grant id", "id", "bigint of 64 bits", () => js.leases.grant(5, { id: 2n ** 64n })],
  ["revoke", "id", "bigint", () => js.leases.revoke(7)],
  ["leases.of", "id", "bigint", () => js.leases.of("7")],
  ["keepAlive", "id", "bigint", () => js.leases.keepAlive(7)],
  ["lock name", "name", "not empty", () => js.lock("")],
  ["lock lease", "lease", "leases.grant()", () => js.lock("l", { lease: 7n })],
  ["lock ttl", "ttlSeconds", "whole seconds", () => js.lock("l", { ttlSeconds: 0.5 })],
  ["lock option", "ttl", "no such option", () => js.lock("l", { ttl: 5 })],
  ["campaign", "value", "got nothing", () => js.election("e").campaign()],
  ["election", "name", "got nothing", () => js.election()],
  ["member add", "peerUrls", "a list of texts", () => js.cluster.add("http://a:1")],
  ["member remove", "id", "bigint", () => js.cluster.remove("8e9e05c52164694d")],
  ["hashKv", "revision", "whole number", () => js.maintenance.hashKv("1")],
  ["moveLeader", "targetId", "bigint", () => js.maintenance.moveLeader(1)],
  ["disarm", "alarm", 'one of "NONE"', () => js.maintenance.disarm({ memberId: 1n, alarm: "X" })],
  ["downgrade", "action", '"validate"', () => js.maintenance.downgrade("start", "3.6")],
  ["addUser", "name", "a text", () => js.auth.addUser(undefined, "x")],
  ["addUser secret", "secret", "{ noPassword: true }", () => js.auth.addUser("ada")],
  ["grantPermission", "kind", '"readwrite"', () => js.auth.grantPermission("r", "rw", "k")],
  ["endpoint", "endpoint", "not one of", () => js.get("k", { endpoint: "127.0.0.1:1" })],
];

describe("arguments that cannot work", () => {
  test.each(bad)("%s is refused: %s", async (_call, argument, says, run) => {
    const error = await errorOf(run);
    expect(error).toMatchObject({ code: "BAD_ARGUMENT", argument });
    expect(error.message).toContain(says);
  });

  const construct = (options: unknown): unknown =>
    new Client({ runtime: nodeRuntime, ...(options as object) });
  test.each<[string, unknown]>([
    ["endpoints", { endpoints: 2379 }],
    ["endpoints", { endpoints: [] }],
    ["endpoint", { endpoints: ["nonsense:x"] }],
    ["timeoutMs", { timeoutMs: "1s" }],
    ["connectTimeoutMs", { connectTimeoutMs: -1 }],
    ["credentials", { credentials: "root:x" }],
    ["password", { credentials: { name: "root", password: 1 } }],
    ["maxAttempts", { retry: { maxAttempts: 0 } }],
    ["intervalMs", { keepalive: { intervalMs: 0 } }],
    ["keepAlive", { keepAlive: {} }],
    ["logger", { logger: {} }],
  ])("Client refuses %s of %j", async (argument, options) => {
    expect(await errorOf(() => construct(options))).toMatchObject({
      code: "BAD_ARGUMENT",
      argument,
    });
  });
});

test("texts, buffers, and bytes of another realm are keys and values", async () => {
  const { runInNewContext } = await import("node:vm");
  const foreign = runInNewContext("new Uint8Array([107])") as Uint8Array;
  for (const key of ["k", Buffer.from("k"), new Uint8Array([107]), foreign]) {
    await expect(client.put(key, key)).rejects.toThrow("/etcdserverpb.KV/Put was sent");
  }
});
