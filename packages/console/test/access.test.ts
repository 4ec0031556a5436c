import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holds, mayAccess, rangeText } from "../src/access/ranges.ts";
import { etcdBinary, type RealEtcd, startEtcd } from "./support/etcd.ts";
import { base64, id, openApp, type OpenApp } from "./support/open-app.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("holds and rangeText: one key, a prefix, a range, all", () => {
  const one = { key: bytes("/a"), rangeEnd: new Uint8Array(0) };
  const prefix = { key: bytes("/a/"), rangeEnd: bytes("/a0") };
  const range = { key: bytes("b"), rangeEnd: bytes("d") };
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  expect([holds(one, bytes("/a")), holds(one, bytes("/a/"))]).toEqual([true, false]);
  expect([holds(prefix, bytes("/a/x")), holds(prefix, bytes("/a0"))]).toEqual([true, false]);
  expect([holds(range, bytes("b")), holds(range, bytes("d"))]).toEqual([true, false]);
  expect(holds(all, bytes("anything"))).toBe(true);
  expect(rangeText(one)).toBe("/a");
  expect(rangeText(prefix)).toBe("all keys that begin with /a/");
  expect(rangeText(range)).toBe("b up to, without, d");
  expect(rangeText(all)).toBe("all keys");
});

test("mayAccess: the answer names the role and the permission", () => {
  const reader = {
    name: "reader",
    permissions: [{ kind: "read" as const, key: bytes("/a/"), rangeEnd: bytes("/a0") }],
  };
  expect(mayAccess([reader], "read", bytes("/a/x"))).toMatchObject({
    may: true,
    because: "Role reader: read on all keys that begin with /a/.",
  });
  expect(mayAccess([reader], "write", bytes("/a/x"))).toMatchObject({
    may: false,
    roles: [{ text: "only read on all keys that begin with /a/" }],
  });
  expect(mayAccess([], "read", bytes("x")).because).toBe("The user has no role.");
  expect(mayAccess([{ name: "root", permissions: [] }], "write", bytes("x")).may).toBe(true);
});

const binary = etcdBinary();

describe.skipIf(binary === undefined)("an etcd with users", () => {
  let etcd: RealEtcd;
  let open: OpenApp;

  beforeAll(async () => {
    etcd = await startEtcd(binary!);
    const client = new Client({ runtime: nodeRuntime, endpoints: etcd.endpoint });
    await client.put("/app/x", "1");
    await client.put("/secret/x", "1");
    await client.auth.addUser("root", "root-pw");
    await client.auth.grantRole("root", "root").catch(async () => {
      await client.auth.addRole("root");
      await client.auth.grantRole("root", "root");
    });
    await client.auth.addRole("app");
    await client.auth.grantPermission("app", "readwrite", "/app/", { prefix: true });
    await client.auth.addUser("ada", "ada-pw");
    await client.auth.grantRole("ada", "app");
    await client.auth.enable();
    client.close();
    open = await openApp(etcd.endpoint);
  });
  afterAll(async () => {
    open?.close();
    await etcd?.stop();
  });

  const signIn = async (name: string, password: string): Promise<number> => {
    const { status, value } = await open.post("/api/login", { name, password });
    if (status === 200) open.token = value.token;
    return status;
  };

  test("nothing is shown before somebody signs in, and the session is a new one then", async () => {
    const session = (await open.get("/api/session")).value;
    expect(session).toMatchObject({ needsLogin: true, hasUsers: true });
    expect((await open.get("/api/keys/children")).status).toBe(401);
    expect((await open.get("/api/cluster")).status).toBe(401);
    const before = open.cookie;
    expect(await signIn("ada", "wrong")).toBe(401);
    expect(open.cookie).toBe(before);
    expect(await signIn("ada", "ada-pw")).toBe(200);
    expect(open.cookie).not.toBe(before);
    expect((await open.get("/api/keys/children", { cookie: before })).status).toBe(401);
  });

  test("a person sees and changes what their role allows, and nothing else", async () => {
    const app = await open.get(`/api/keys/children?prefix=${id("/app/")}`);
    expect(app.value.entries).toHaveLength(1);
    expect((await open.get(`/api/keys/value?key=${id("/secret/x")}`)).status).toBe(403);
    expect((await open.get(`/api/keys/search?pattern=x`)).status).toBe(403);
    const body = { key: id("/secret/x"), value: base64("2"), expect: 0, keepLease: false };
    expect((await open.post("/api/keys/put", body)).status).toBe(403);
    const mine = { ...body, key: id("/app/new") };
    expect((await open.post("/api/keys/put", mine)).value.written).toBe(true);
    const { restricted } = (await open.get("/api/keys/children")).value;
    expect(restricted).toEqual(["all keys that begin with /app/"]);
  });

  test("tasks for members run with the rights of who began them", async () => {
    const hashes = await open.get("/api/maintenance/hashes");
    expect(hashes.status).toBe(200);
    const { members } = hashes.value;
    expect(members[0].error).toMatch(/permission denied/);
    expect((await open.post("/api/access/change", { do: "addRole", role: "x" })).status).toBe(403);
    const { onlySelf, users } = (await open.get("/api/access")).value;
    expect(onlySelf).toBeDefined();
    expect(users).toEqual([{ name: "ada", roles: ["app"] }]);
  });

  test("the audit list and Jobs show nobody more than their role: own deeds, and no Jobs", async () => {
    const { app } = open;
    const deed = {
      at: 1,
      user: "root",
      from: "",
      action: "put",
      detail: "",
      outcome: "done" as const,
    };
    app.audit.add({ ...deed, target: "/secret/x" });
    const { entries } = (await open.get("/api/audit")).value;
    expect(entries.length).toBeGreaterThan(0);
    expect(new Set(entries.map(({ user }: { user: string }) => user))).toEqual(new Set(["ada"]));
    expect((await open.get("/api/jobs")).status).toBe(403);
    expect((await open.post("/api/jobs/run", { namespace: "default", name: "x" })).status).toBe(
      403,
    );
  });

  test("root sees users and roles, and changes them; passwords are not in the audit list", async () => {
    expect(await signIn("root", "root-pw")).toBe(200);
    const change = { do: "addUser", user: "bob", password: "bob-secret" };
    expect((await open.post("/api/access/change", change)).status).toBe(200);
    const { users } = (await open.get("/api/access")).value;
    expect(users.map(({ name }: { name: string }) => name)).toContain("bob");
    const may = await open.get(`/api/access/may?user=ada&kind=write&key=${id("/app/y")}`);
    expect(may.value.may).toBe(true);
    const { entries } = (await open.get("/api/audit")).value;
    expect(JSON.stringify(entries)).not.toContain("bob-secret");
  });

  test("after signing out nothing is shown", async () => {
    const { value } = await open.post("/api/logout", {});
    open.token = value.token;
    expect(value.needsLogin).toBe(true);
    expect((await open.get("/api/keys/children")).status).toBe(401);
  });

  test("passwords cannot be tried without end", async () => {
    let refused = 0;
    for (let tries = 0; tries < 25; tries++) {
      if ((await signIn("ada", `guess ${tries}`)) === 429) refused++;
    }
    expect(refused).toBeGreaterThan(3);
  });
});
