import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connect, startEtcd } from "../src/nodetcd.ts";

/** What keeps a process alive, after everything has had a turn to go away. */
async function resources(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return process.getActiveResourcesInfo().filter((name) => !["TTYWrap", "PipeWrap"].includes(name));
}

function openPaths(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

const openFiles = (): number =>
  process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;

describe("startEtcd", () => {
  it("serves without a socket and with one, and shows both the same data", async () => {
    const etcd = await startEtcd();
    expect(etcd.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const other = connect(etcd.endpoint);
    await etcd.client.put("a", "1");
    expect((await other.get("a"))?.text()).toBe("1");
    await other.put("a", "2");
    expect((await etcd.client.get("a"))?.text()).toBe("2");
    other.close();
    await etcd.stop();
    await etcd.stop();
    expect(etcd.dataDir).toBe(undefined);
  });

  it("keeps what is in a given folder, and removes only temporary ones", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "nodetcd-test-"));
    const first = await startEtcd({ dataDir, listen: false });
    expect(first.endpoint).toBe("");
    await first.client.put("kept", "yes");
    await first[Symbol.asyncDispose]();
    const second = await startEtcd({ dataDir, listen: false });
    expect((await second.client.get("kept"))?.text()).toBe("yes");
    await second.stop();
    expect(existsSync(join(dataDir, "member", "snap", "db"))).toBe(true);
    rmSync(dataDir, { recursive: true });
  });

  it("in memory writes nothing, and opens no file", async () => {
    const { TMPDIR } = process.env;
    const empty = mkdtempSync(join(tmpdir(), "nodetcd-test-"));
    process.env["TMPDIR"] = empty;
    try {
      const before = new Set(openPaths());
      const etcd = await startEtcd({ listen: false });
      for (let i = 0; i < 200; i++) await etcd.client.put(`k${i}`, new Uint8Array(20_000));
      expect(readdirSync(empty)).toEqual([]);
      expect(openPaths().filter((path) => !before.has(path) && path.startsWith("/"))).toEqual([]);
      await etcd.stop();
    } finally {
      if (TMPDIR === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = TMPDIR;
      rmSync(empty, { recursive: true });
    }
  });

  it("leaves nothing behind when it cannot start", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const clientPort = typeof address === "object" && address !== null ? address.port : 0;
    const { TMPDIR } = process.env;
    const empty = mkdtempSync(join(tmpdir(), "nodetcd-test-"));
    process.env["TMPDIR"] = empty;
    await expect(startEtcd({ clientPort })).rejects.toMatchObject({ name: "ServerError" });
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
    expect(readdirSync(empty)).toEqual([]);
    rmSync(empty, { recursive: true });
    await new Promise((resolve) => taken.close(resolve));
  });

  it("refuses a folder that another member has open", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "nodetcd-test-"));
    const etcd = await startEtcd({ dataDir });
    await expect(startEtcd({ dataDir })).rejects.toMatchObject({
      code: "DATA_DIR_LOCKED",
    });
    await etcd.client.put("still", "here");
    await etcd.stop();
    rmSync(dataDir, { recursive: true });
  });

  it("leaks no handle, file, folder or memory over ten starts and stops", async () => {
    const cycle = async (): Promise<void> => {
      const etcd = await startEtcd();
      const other = connect(etcd.endpoint);
      const watcher = etcd.client.watch("", { prefix: true });
      const remote = other.watch("", { prefix: true });
      await Promise.all([watcher.ready, remote.ready]);
      const lease = await other.leases.grant(60);
      lease.keepAlive();
      await etcd.client.put("a", new Uint8Array(100_000), { lease });
      await remote.next();
      await etcd.client.lock("l");
      other.close();
      await etcd.stop();
    };
    await cycle();
    const [before, files] = [await resources(), openFiles()];
    globalThis.gc?.();
    const memory = process.memoryUsage().rss;
    for (let i = 0; i < 10; i++) await cycle();
    await expect.poll(resources).toEqual(before);
    expect(openFiles()).toBeLessThanOrEqual(files);
    globalThis.gc?.();
    // A member that stayed would hold its caches, log segments and 100 kB values.
    expect(process.memoryUsage().rss - memory).toBeLessThan(150 * 1024 * 1024);
  });

  it.each<[object, string]>([
    [
      { config: { quotaBackendBytes: "8GB" } },
      "quotaBackendBytes: expected a number, got string 8GB",
    ],
    [{ config: { quotabackendbytes: 8 } }, "did you mean quotaBackendBytes?"],
    [{ config: { listenClientUrls: "http://a" } }, "listenClientUrls: expected a list of texts"],
    [{ config: { snapshotCount: Number.NaN } }, "a number that is finite"],
    [{ config: "x" }, "config: expected an object"],
    [{ port: 1 }, "options.port: there is no such option"],
    [{ clientPort: 70_000 }, "a port from 0 to 65535"],
    [{ listen: "no" }, "listen: expected a boolean"],
  ])("refuses %j", async (options, says) => {
    const starting = startEtcd(options);
    await expect(starting).rejects.toMatchObject({ name: "ServerError", code: "BAD_CONFIG" });
    await expect(starting).rejects.toThrow(says);
  });

  it("runs several members side by side", async () => {
    const members = await Promise.all([startEtcd(), startEtcd(), startEtcd({ listen: false })]);
    await Promise.all(members.map(({ client }, i) => client.put("me", String(i))));
    const values = await Promise.all(members.map(({ client }) => client.get("me")));
    expect(values.map((value) => value?.text())).toEqual(["0", "1", "2"]);
    await Promise.all(members.map((member) => member.stop()));
  });
});
