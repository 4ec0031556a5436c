import { request } from "node:http";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiPart, ObjectStore, readTokens, startApi } from "../../src/jobs.ts";

const TOKENS = `# who may come in
one,ada,1,"system:masters"
two,bob,2,"namespace:default,other"
three,eve,3,namespace:default:read
`;

let etcd: Etcd;
let open: ApiPart;
let closed: ApiPart;

beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
  const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime });
  const common = { store, runtime: nodeRuntime, logger: silentLogger };
  open = await startApi(common);
  closed = await startApi({ ...common, tokens: readTokens(TOKENS) });
});
afterAll(async () => {
  await open.stop();
  await closed.stop();
  await etcd.stop();
});

/** `fetch` would not let a `Host` be set. */
function ask(
  api: ApiPart,
  path: string,
  headers: Record<string, string>,
  method = "GET",
): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${api.url}${path}`, { headers, method }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    })
      .on("error", reject)
      .end(method === "POST" ? "{}" : undefined);
  });
}

const PODS = "/api/v1/namespaces/default/pods";

describe("without tokens", () => {
  test("programs are let in, web pages and foreign names are not", async () => {
    expect(await ask(open, PODS, {})).toBe(200);
    expect(await ask(open, PODS, { Host: "localhost:1" })).toBe(200);
    expect(await ask(open, PODS, { Origin: "http://example.com" })).toBe(403);
    expect(await ask(open, PODS, { Origin: "http://example.com" }, "POST")).toBe(403);
    expect(await ask(open, PODS, { Host: "rebound.example.com" })).toBe(403);
    expect(await ask(open, "/apis", { Host: "127.0.0.1.example.com" })).toBe(403);
  });
});

describe("with tokens", () => {
  const as = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

  test("nobody without a known one is let in, to anything but the health check", async () => {
    for (const headers of [{}, as(""), as("on"), as("onee"), { Authorization: "Basic one" }]) {
      expect(await ask(closed, PODS, headers)).toBe(401);
      expect(await ask(closed, "/apis", headers)).toBe(401);
    }
    expect(await ask(closed, "/healthz", {})).toBe(200);
  });

  test.each([
    ["one", "GET", "/api/v1/pods", 200],
    ["two", "GET", PODS, 200],
    ["two", "POST", PODS, 422],
    ["two", "GET", "/api/v1/pods", 403],
    ["two", "GET", "/api/v1/namespaces/kube-system/pods", 403],
    ["two", "GET", "/api/v1/nodes", 403],
    ["two", "DELETE", "/api/v1/namespaces/default", 403],
    ["three", "GET", PODS, 200],
    ["three", "POST", PODS, 403],
    ["three", "DELETE", PODS, 403],
    ["three", "GET", "/apis", 200],
  ])("%s may %s %s: %i", async (token, method, path, status) => {
    expect(await ask(closed, path, as(token), method)).toBe(status);
  });
});

test("readTokens says which line is wrong, not what is in it", () => {
  expect(() => readTokens("a,b,c\nsecret\n")).toThrow(
    /^line 2 is not: token,user,uid,"group1,group2"$/,
  );
});
