import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, type KeyPairPem, makeAuthority } from "@nodetcd/certificates";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ApiPart, ObjectStore, readGrants, readTokens, startApi } from "../../src/jobs.ts";

const folder = mkdtempSync(join(tmpdir(), "jobs-tls-"));
const validity = { now: Date.now() - 60_000, days: 2 };
const authority = await makeAuthority({ commonName: "ours", validity });
const stranger = await makeAuthority({ commonName: "theirs", validity });

function made(commonName: string, by: KeyPairPem, organizations: string[] = []) {
  const hosts = ["127.0.0.1"];
  const usages = commonName === "api" ? (["server"] as const) : (["client"] as const);
  return issue(by, { commonName, organizations, hosts, usages, validity });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

let etcd: Etcd;
let api: ApiPart;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  etcd = await startEtcd({ listen: false });
  const own = await made("api", authority);
  const tls = {
    certFile: file("api.crt", own.cert),
    keyFile: file("api.key", own.key),
    clientCaFile: file("ca.crt", authority.cert),
  };
  const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime });
  const tokens = readTokens("secret,bot,1\n");
  const grants = readGrants(["bot=default:read", "carol=default"]);
  api = await startApi({ store, runtime: nodeRuntime, logger: silentLogger, tls, tokens, grants });
});
afterAll(async () => {
  vi.useRealTimers();
  await api.stop();
  await etcd.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly as?: KeyPairPem;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly path?: string;
}

const PODS = "/api/v1/namespaces/default/pods";

function ask({ as, headers = {}, method = "GET", path = PODS }: Asked): Promise<number> {
  const options = { ca: authority.cert, headers, method, agent: false, ...as };
  return new Promise((resolve, reject) => {
    request(`${api.url}${path}`, options, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    })
      .on("error", reject)
      .end(method === "POST" ? "{}" : undefined);
  });
}

test("certificates: the organization's groups and the grants of the name decide", async () => {
  const root = await made("root", authority, ["system:masters"]);
  const carol = await made("carol", authority);
  const dave = await made("dave", authority, ["namespace:default:read"]);
  expect(await ask({ as: root, path: "/api/v1/nodes" })).toBe(200);
  expect(await ask({ as: carol, method: "POST" })).toBe(422);
  expect(await ask({ as: carol, path: "/api/v1/nodes" })).toBe(403);
  expect(await ask({ as: dave })).toBe(200);
  expect(await ask({ as: dave, method: "POST" })).toBe(403);
});

test("certificates of others, for servers, or of nobody are no certificates", async () => {
  expect(await ask({ as: await made("root", stranger, ["system:masters"]) })).toBe(401);
  expect(await ask({ as: await made("api", authority, ["system:masters"]) })).toBe(401);
  expect(await ask({ as: await made("", authority, ["system:masters"]) })).toBe(401);
  expect(await ask({})).toBe(401);
});

test("a bad certificate is not mended by a good token, and a page not by a certificate", async () => {
  const headers = { Authorization: "Bearer secret" };
  expect(await ask({ headers })).toBe(200);
  expect(await ask({ headers, method: "POST" })).toBe(403);
  expect(await ask({ headers, as: await made("bot", stranger) })).toBe(401);
  const carol = await made("carol", authority);
  expect(await ask({ as: carol, headers: { Origin: "http://example.com" } })).toBe(403);
});

test("new files are taken without a restart, broken ones are not", async () => {
  const later = new Date(Date.now() + 5_000);
  file("api.crt", "broken");
  utimesSync(join(folder, "api.crt"), later, later);
  vi.advanceTimersByTime(60_000);
  const carol = await made("carol", authority);
  expect(await ask({ as: carol })).toBe(200);
  const renewed = await made("api", stranger);
  file("api.crt", renewed.cert);
  file("api.key", renewed.key);
  vi.advanceTimersByTime(60_000);
  await expect(ask({ as: carol })).rejects.toThrow(/certificate/);
});

test("readGrants takes users, namespaces and a star, and says what is none", () => {
  expect(readGrants(["a=*", "b=x", "b=y:read"])).toEqual({
    a: ["system:masters"],
    b: ["namespace:x", "namespace:y:read"],
  });
  for (const bad of ["a", "=x", "a=", "a=*:read", "a=X", "a=x:write"]) {
    expect(() => readGrants([bad])).toThrow(`${bad} is not USER=NAMESPACE`);
  }
});
