import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Client, connect, type Etcd, startEtcd } from "../src/nodetcd.ts";

let etcd: Etcd;
let remote: Client;
beforeEach(async () => {
  etcd = await startEtcd();
  remote = connect(etcd.endpoint, { retry: { maxAttempts: 1 }, keepalive: false });
});
afterEach(async () => {
  remote.close();
  await etcd.stop();
});

/** Of the client in this process, and of one on a socket. */
const both = (work: (client: Client) => Promise<void>): Promise<void[]> =>
  Promise.all([etcd.client, remote].map(work));

describe("Faults", () => {
  test("delay: calls and events take so much longer in either direction, in order, until clear", async () => {
    await both(async (client) => void (await client.put("a", "0")));
    etcd.faults.delay("100ms");
    await both(async (client) => {
      const start = performance.now();
      await client.get("a");
      expect(performance.now() - start).toBeGreaterThan(195);
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => remote.put("order", String(i))));
    expect((await remote.get("order"))?.text()).toBe("19");
    etcd.faults.delay("1h");
    etcd.faults.clear();
    await both(async (client) => void (await client.get("a")));
  });

  test("drop: nothing is answered, calls run into their deadline; clear delivers what was sent", async () => {
    await both(async (client) => void (await client.put("a", "0")));
    etcd.faults.drop();
    await both(async (client) => {
      const call = client.put("lost", "1", { timeoutMs: 150 });
      await expect(call).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    });
    const waiting = remote.put("late", "1");
    etcd.faults.clear();
    await waiting;
    expect((await etcd.client.get("late"))?.text()).toBe("1");
  });

  test("refuse: calls fail at once, watches come back and miss nothing", async () => {
    const watchers = [etcd.client.watch("w"), remote.watch("w")];
    await Promise.all(watchers.map(({ ready }) => ready));
    etcd.faults.refuse();
    await both(async (client) => {
      await expect(client.get("w", { timeoutMs: 300 })).rejects.toMatchObject({
        code: "UNAVAILABLE",
      });
    });
    setTimeout(() => etcd.faults.clear(), 30);
    await etcd.client.put("w", "after");
    for (const watcher of watchers) {
      const { value } = await watcher.next();
      expect(value?.keyValue.text()).toBe("after");
    }
  });

  test("slowDisk: a write waits for the disk, a read does not", async () => {
    etcd.faults.slowDisk("3s");
    let isWritten = false;
    const write = etcd.client.put("a", "1").then(() => (isWritten = true));
    expect(await etcd.client.get("a", { serializable: true })).toBe(undefined);
    await etcd.clock.advance("2s");
    expect(isWritten).toBe(false);
    // One write at a time: that of the start may have been under way.
    await etcd.clock.advance("4s");
    expect(isWritten).toBe(true);
    await write;
    etcd.faults.clear();
  });

  test("slowDisk: is refused for a member with a folder", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "nodetcd-test-"));
    const other = await startEtcd({ dataDir, listen: false });
    expect(() => other.faults.slowDisk("1ms")).toThrow("start it without dataDir");
    await other.stop();
    rmSync(dataDir, { recursive: true });
  });
});

describe("reset", () => {
  test("ends watches of the client without an error, keys and leases; the member serves on", async () => {
    const { client } = etcd;
    const watcher = client.watch("", { prefix: true });
    const inNamespace = client.namespace("n/").watch("x");
    await Promise.all([watcher.ready, inNamespace.ready]);
    const lease = await client.leases.grant(60);
    const lost = lease.keepAlive();
    await client.put("a", "1", { lease });
    await client.put("b", "1");
    await watcher.next();
    etcd.faults.delay("1h");
    await etcd.reset();
    expect(await watcher.next()).toEqual({ done: true, value: undefined });
    expect(await inNamespace.next()).toEqual({ done: true, value: undefined });
    expect(lost.aborted).toBe(true);
    expect(await client.leases.list()).toEqual([]);
    expect((await client.range("", { prefix: true })).keyValues).toEqual([]);
    await client.put("a", "2");
    expect((await client.get("a"))?.version).toBe(1);
  });
});

describe("seed", () => {
  test("stores text and bytes as they are, the rest as JSON, however many", async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`many/${i}`, i]));
    await etcd.seed({ text: "t", bytes: new Uint8Array([1, 2]), config: { port: 80 }, ...many });
    expect((await etcd.client.get("text"))?.text()).toBe("t");
    expect([...(await etcd.client.get("bytes"))!.value]).toEqual([1, 2]);
    expect((await etcd.client.get("config"))?.json()).toEqual({ port: 80 });
    expect((await etcd.client.range("many/", { prefix: true, countOnly: true })).count).toBe(300);
  });

  test("stores the newest keys of a snapshot, and none that were deleted", async () => {
    await etcd.client.put("a", "old");
    await etcd.client.put("a", "new");
    await etcd.client.put("gone", "1");
    await etcd.client.delete("gone");
    const parts: Uint8Array[] = [];
    for await (const part of etcd.client.maintenance.snapshot()) parts.push(part);
    const other = await startEtcd({ listen: false });
    await other.seed(Buffer.concat(parts));
    const { keyValues } = await other.client.range("", { prefix: true });
    expect(keyValues.map((one) => [one.keyText(), one.text()])).toEqual([["a", "new"]]);
    await other.stop();
  });
});
