import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { etcdBinary, type RealEtcd, startEtcd } from "./support/etcd.ts";
import { base64, id, openApp, type OpenApp } from "./support/open-app.ts";

const binary = etcdBinary();

describe.skipIf(binary === undefined)("who may do what", () => {
  let etcd: RealEtcd;
  let open: OpenApp;
  const body = { key: id("k"), value: base64("v"), expect: 0, keepLease: false };

  beforeAll(async () => {
    etcd = await startEtcd(binary!);
    open = await openApp(etcd.endpoint, { writes: "locked" });
  });
  afterAll(async () => {
    open?.close();
    await etcd?.stop();
  });

  test("writes: locked until the name is typed, and again after locking", async () => {
    expect((await open.post("/api/keys/put", body)).value.error.code).toBe("READ_ONLY");
    expect((await open.post("/api/unlock", { name: "other" })).status).toBe(403);
    expect((await open.post("/api/keys/put", body)).status).toBe(403);
    expect((await open.post("/api/unlock", { name: "harbor" })).value.writes).toBe("open");
    expect((await open.post("/api/keys/put", body)).value.written).toBe(true);
    await open.post("/api/lock", {});
    expect((await open.post("/api/keys/put", body)).status).toBe(403);
  });

  test("writes: a console that only reads cannot be unlocked", async () => {
    const reader = await openApp(etcd.endpoint, { writes: "never" });
    expect((await reader.post("/api/unlock", { name: "harbor" })).status).toBe(403);
    expect((await reader.post("/api/keys/put", body)).status).toBe(403);
    reader.close();
  });

  test("forged requests: another site, no token, a wrong token, another content type", async () => {
    const forged = async (headers: Record<string, string>): Promise<string> =>
      (await open.post("/api/unlock", { name: "harbor" }, headers)).value.error?.code;
    expect(await forged({ "sec-fetch-site": "cross-site" })).toBe("BAD_ORIGIN");
    expect(await forged({ "sec-fetch-site": "same-site" })).toBe("BAD_ORIGIN");
    expect(await forged({ origin: "http://evil.example" })).toBe("BAD_ORIGIN");
    expect(await forged({ origin: "null" })).toBe("BAD_ORIGIN");
    expect(await forged({ "x-console-token": "" })).toBe("BAD_ORIGIN");
    expect(await forged({ "x-console-token": "x".repeat(43) })).toBe("BAD_ORIGIN");
    expect(await forged({ "content-type": "text/plain" })).toBe("BAD_REQUEST");
    expect(await forged({ origin: "http://console" })).toBeUndefined();
    await open.post("/api/lock", {});
  });

  test("sessions: a planted cookie is not taken over, and nothing works without one", async () => {
    const planted = "nodetcd_console=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const { headers } = await open.get("/api/session", { cookie: planted });
    expect(headers["set-cookie"]).toMatch(
      /^nodetcd_console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(headers["set-cookie"]).not.toContain(planted);
    expect((await open.get("/api/cluster", { cookie: "" })).status).toBe(401);
    const https = await open.get("/api/session", { cookie: "", "x-forwarded-proto": "https" });
    expect(https.headers["set-cookie"]).toMatch(/; Secure$/);
  });

  test("audit: what was done and what was refused is written down", async () => {
    const fresh = await openApp(etcd.endpoint, { writes: "locked" });
    await fresh.post("/api/unlock", { name: "harbor" });
    await fresh.post("/api/keys/put", { ...body, key: id("audited") });
    await fresh.post("/api/keys/put", { ...body, key: id("audited") });
    const { entries } = (await fresh.get("/api/audit")).value;
    const lines = entries.map((entry: Record<string, unknown>) =>
      [entry["action"], entry["target"], entry["outcome"]].join(" "),
    );
    expect(lines).toEqual(["put audited refused", "put audited done", "unlock writes harbor done"]);
    fresh.close();
  });

  test("bad requests: a clear answer, and no stack", async () => {
    for (const path of [
      "/api/keys/children?prefix=%20",
      "/api/keys/value",
      "/api/keys/value?key=YQ&revision=-1",
      "/api/keys/value?key=YQ&revision=1e99",
      "/api/cluster?hours=0",
    ]) {
      const { status, value } = await open.get(path);
      expect([path, status]).toEqual([path, 400]);
      expect(JSON.stringify(value)).not.toContain("at ");
    }
    expect((await open.get("/api/nothing")).status).toBe(404);
    const future = await open.get("/api/keys/value?key=YQ&revision=99999999");
    expect(future.value.error.code).toBe("FUTURE_REVISION");
  });
});
