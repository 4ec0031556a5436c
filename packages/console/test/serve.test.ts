import { request } from "node:http";
import { type RunningConsole, startConsole } from "@nodetcd/console/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assetsAreBuilt } from "../src/node/assets.ts";

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A console before a cluster that nobody can reach: what is asked here needs none. */
let console: RunningConsole;

beforeAll(async () => {
  if (!assetsAreBuilt()) return;
  console = await startConsole({
    endpoints: ["http://127.0.0.1:9"],
    listen: "127.0.0.1:0",
    prefix: "/etcd",
    stateFolder: "",
  });
});
afterAll(() => console?.close());

/** Paths go out as they are: `fetch` would clean them. */
async function ask(path: string, headers: Record<string, string> = {}): Promise<Reply> {
  const { hostname, port } = new URL(console.url);
  return await new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

const built = assetsAreBuilt();
if (!built) {
  globalThis.console.warn(
    "MISSING: the built pages: what the console's server sends is not tested",
  );
}

test.skipIf(!built)(
  "every reply may be neither framed nor sniffed, and is kept by no cache but assets",
  async () => {
    const page = await ask("/etcd/cluster");
    const asset = /assets\/[\w.-]+\.js/.exec(page.body)![0];
    for (const path of [
      "/etcd/",
      "/etcd/keys/YQ",
      `/etcd/${asset}`,
      "/etcd/api/session",
      "/etcd/api/nothing",
      "/etcd/no.png",
    ]) {
      const { headers } = await ask(path);
      expect([path, headers["x-content-type-options"]]).toEqual([path, "nosniff"]);
      expect([path, headers["x-frame-options"]]).toEqual([path, "DENY"]);
      expect([path, headers["referrer-policy"]]).toEqual([path, "no-referrer"]);
      expect([path, headers["cross-origin-resource-policy"]]).toEqual([path, "same-origin"]);
      if (!path.includes("assets")) expect(headers["cache-control"] ?? "no-store").toBe("no-store");
    }
  },
);

test.skipIf(!built)(
  "the policy of pages lets no foreign, inline or evaluated script run, and nobody frame them",
  async () => {
    const { headers, body } = await ask("/etcd/cluster");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).not.toMatch(/unsafe-|\*|https?:/);
    // The one inline script is allowed by its hash, and there is no other.
    expect(body.match(/<script>/g)).toHaveLength(1);
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]+'/);
    const again = String((await ask("/etcd/cluster")).headers["content-security-policy"]);
    const nonce = (text: string): string => /'nonce-([^']+)'/.exec(text)![1]!;
    expect(nonce(policy)).not.toBe(nonce(again));
    const api = await ask("/etcd/api/session");
    expect(api.headers["content-security-policy"]).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
  },
);

test.skipIf(!built)(
  "it answers for names it knows alone: a name that is made to point here gets nothing",
  async () => {
    expect((await ask("/etcd/", { host: "evil.example" })).status).toBe(403);
    expect((await ask("/etcd/api/session", { host: "evil.example:2390" })).status).toBe(403);
    expect((await ask("/etcd/", { host: "localhost:1" })).status).toBe(200);
  },
);

test.skipIf(!built)("no path leads out of the folder of its files", async () => {
  for (const path of [
    "/etcd/assets/../../../package.json",
    "/etcd/assets/..%2f..%2f..%2fpackage.json",
    "/etcd/assets/%2e%2e/%2e%2e/package.json",
    "/etcd/assets//etc/passwd",
    "/etcd/assets/..\\..\\package.json",
  ]) {
    const { body } = await ask(path);
    expect([path, body.includes("dependencies"), body.includes("root:")]).toEqual([
      path,
      false,
      false,
    ]);
  }
});

test.skipIf(!built)(
  "the session's cookie is out of reach of scripts, and of other paths and sites",
  async () => {
    const { headers } = await ask("/etcd/api/session");
    expect(String(headers["set-cookie"])).toMatch(
      /^nodetcd_console=[\w-]{43}; Path=\/etcd; HttpOnly; SameSite=Strict$/,
    );
  },
);
