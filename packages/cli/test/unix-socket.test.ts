import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  findPeer,
  logLines,
  memberArgs,
  READY,
  said,
  start,
  startMember,
  temporaryDirectory,
} from "./support/program.ts";

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (reply) => {
      let text = "";
      reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
      reply.on("end", () => resolve(text));
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("--listen-client-urls unix://", () => {
  const directory = temporaryDirectory();
  const etcdctl = findPeer("ETCDCTL_BIN", "etcdctl");
  const ctl = (endpoint: string, ...args: string[]): string =>
    etcdctl === undefined
      ? ""
      : execFileSync(etcdctl, ["--endpoints", endpoint, ...args], {
          cwd: directory,
          encoding: "utf8",
          env: { PATH: process.env["PATH"], ETCDCTL_API: "3" },
        });

  it("serves etcdctl and HTTP at the socket file, again after kill -9, and removes it at the end", async () => {
    const path = join(directory, "client.sock");
    const url = `unix://${path}`;
    const dataDir = join(directory, "absolute");
    const first = await startMember("absolute", dataDir, { url });
    expect(statSync(path).isSocket()).toBe(true);
    expect(await get(path, "/version")).toContain("etcdserver");
    if (etcdctl !== undefined) {
      expect(ctl(url, "put", "greeting", "hello")).toBe("OK\n");
      expect(ctl(url, "member", "list")).toContain(`, ${url}, `);
      expect(ctl(url, "endpoint", "status", "--cluster")).toContain(`${url}, `);
    }
    first.child.kill("SIGKILL");
    await first.exit;
    expect(existsSync(path)).toBe(true);

    const second = start(first.args);
    await said(second, READY);
    if (etcdctl !== undefined) {
      expect(ctl(url, "get", "greeting", "--print-value-only")).toBe("hello\n");
    }
    second.child.kill("SIGTERM");
    expect(await second.exit).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("unix://localhost:1234 is that file in the working directory, as in etcd's own tests", async () => {
    const url = "unix://localhost:1234";
    const { child, exit } = await startMember("relative", join(directory, "relative"), {
      url,
      cwd: directory,
    });
    const path = join(directory, "localhost:1234");
    expect(await get(path, "/health")).toContain('"health":"true"');
    if (etcdctl !== undefined) {
      expect(ctl(url, "put", "a", "b")).toBe("OK\n");
      expect(ctl(`unix://${path}`, "put", "a", "c")).toBe("OK\n");
    }
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("leaves the socket of a member that lives alone", async () => {
    const url = `unix://${join(directory, "busy.sock")}`;
    const living = await startMember("living", join(directory, "living"), { url });
    const late = start(await memberArgs("late", join(directory, "late"), url));
    expect(await late.exit).toBe(1);
    expect(logLines(late).at(-1)).toMatchObject({
      level: "error",
      error: expect.stringContaining("another process listens there"),
    });
    expect(await get(join(directory, "busy.sock"), "/health")).toContain('"health":"true"');
    living.child.kill("SIGTERM");
    expect(await living.exit).toBe(0);
  });
});
