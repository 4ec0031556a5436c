import { Client } from "@nodetcd/client";
import { fromBase64, keyText, type TailBatch } from "@nodetcd/console/contract";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StreamEvent } from "@nodetcd/console";
import { tail } from "../src/watch/tail.ts";
import { TAIL_EVENTS } from "../src/limits.ts";
import { etcdBinary, type RealEtcd, startEtcd } from "./support/etcd.ts";
import { id, openApp, type OpenApp } from "./support/open-app.ts";

const binary = etcdBinary();

describe.skipIf(binary === undefined)("pages on a real etcd", () => {
  let etcd: RealEtcd;
  let open: OpenApp;
  let client: Client;

  beforeAll(async () => {
    etcd = await startEtcd(binary!);
    open = await openApp(etcd.endpoint);
    client = new Client({ runtime: nodeRuntime, endpoints: etcd.endpoint });
  });
  afterAll(async () => {
    client?.close();
    open?.close();
    await etcd?.stop();
  });

  /** Batches of a tail until so many events were told, drawn or counted. */
  async function batches(stream: AsyncIterable<StreamEvent>, events: number): Promise<TailBatch[]> {
    const found: TailBatch[] = [];
    let told = 0;
    for await (const { event, data } of stream) {
      if (event !== "batch") continue;
      const batch = data as TailBatch;
      found.push(batch);
      told += batch.events.length + batch.skipped;
      if (told >= events) break;
    }
    return found;
  }

  test("tail: kinds, sizes, counts by prefix; what is too much is counted, none is lost", async () => {
    const { revision } = await client.put("/t/a/1", "one");
    await client.put("/t/a/1", "three");
    await client.delete("/t/a/1");
    const signal = new AbortController().signal;
    const request = { prefix: Buffer.from("/t/"), from: revision, matches: undefined, signal };
    const [first] = await batches(tail(client, nodeRuntime.clock, request), 3);
    expect(first!.events.map(({ kind, size }) => [kind, size])).toEqual([
      ["create", 3],
      ["put", 5],
      ["delete", 0],
    ]);
    expect(first!.counts.map(([group, count]) => [keyText(fromBase64(group)), count])).toEqual([
      ["/t/a/", 3],
    ]);
    const many = 1_000;
    await Promise.all(Array.from({ length: many }, (_, at) => client.put(`/t/b/${at}`, "")));
    const all = await batches(tail(client, nodeRuntime.clock, request), many + 3);
    expect(all.every(({ events }) => events.length <= TAIL_EVENTS)).toBe(true);
    expect(all.reduce((sum, { events, skipped }) => sum + events.length + skipped, 0)).toBe(
      many + 3,
    );
    expect(all[0]!.firstRevision).toBe(revision);
  });

  test("tail: a compacted beginning says where to go on", async () => {
    const { revision } = await client.put("/t/c", "");
    await client.compact(revision);
    const signal = new AbortController().signal;
    const request = { prefix: new Uint8Array(0), from: 1, matches: undefined, signal };
    const events: StreamEvent[] = [];
    for await (const event of tail(client, nodeRuntime.clock, request)) events.push(event);
    expect(events.at(-1)).toMatchObject({
      event: "gone",
      data: { code: "COMPACTED", oldest: revision },
    });
  });

  test("leases: what they hold and how long; revoking takes the keys", async () => {
    const lease = await client.leases.grant(300);
    await client.put("/leased", "x", { lease });
    const shown = (await open.get("/api/leases")).value.leases.find(
      (one: { id: string }) => one.id === lease.id.toString(16),
    );
    expect(shown).toMatchObject({ granted: 300, keyCount: 1, decimal: lease.id.toString() });
    await open.post("/api/leases/revoke", { id: lease.id.toString(16) });
    expect(await client.get("/leased")).toBeUndefined();
    expect((await open.post("/api/leases/revoke", { id: "zz" })).status).toBe(400);
    expect((await open.post("/api/leases/revoke", { id: "1" })).status).toBe(404);
  });

  test("locks: who holds and who waits, in order; elections with what they proclaim", async () => {
    const held = await client.lock("/lock/a");
    const waiting = client.lock("/lock/a");
    const leader = await client.election("/elect/b").campaign("node-1");
    let locks: { name: string; kind: string; line: { value: string }[] }[] = [];
    for (let tries = 0; tries < 100; tries++) {
      ({ locks } = (await open.get("/api/locks")).value);
      if (locks.some(({ line }) => line.length === 2)) break;
    }
    expect(
      locks.map(({ name, kind, line }) => [keyText(fromBase64(name)), kind, line.length]),
    ).toEqual([
      ["/elect/b", "election", 1],
      ["/lock/a", "lock", 2],
    ]);
    expect(locks[0]!.line[0]!.value).toBe("node-1");
    await leader.resign();
    await held.unlock();
    await (await waiting).unlock();
  });

  test("history: versions, deletions and new beginnings; restoring one of them", async () => {
    const { revision: first } = await client.put("/h/x", "one");
    await client.put("/h/x", "two");
    await client.delete("/h/x");
    await client.put("/h/x", "three");
    await client.put("/h/other", "later events of other keys do not hold it up");
    await open.app.sampler.look(0);
    const { versions, more } = (await open.get(`/api/history?key=${id("/h/x")}`)).value;
    expect(
      versions.map((one: { kind: string; version: number }) => [one.kind, one.version]),
    ).toEqual([
      ["put", 1],
      ["put", 2],
      ["delete", 0],
      ["put", 1],
    ]);
    expect(more).toBe(false);
    const seen = (await client.range("/h/x", { countOnly: true })).revision;
    const back = await open.post("/api/history/restore", {
      prefix: id("/h/x"),
      single: true,
      revision: first,
      seen,
    });
    expect(back.value).toMatchObject({ restored: 1, removed: 0, skipped: 0 });
    expect((await client.get("/h/x"))?.text()).toBe("one");
  });

  test("restore: a prefix goes back; what changed since the preview is left alone", async () => {
    await client.put("/r/kept", "same");
    await client.put("/r/changed", "old");
    const { revision } = await client.put("/r/deleted", "old");
    await client.put("/r/changed", "new");
    await client.delete("/r/deleted");
    await client.put("/r/added", "new");
    const { revision: seen } = await client.put("/r/busy", "1");
    const difference = (
      await open.get(`/api/history/difference?prefix=${id("/r/")}&from=${revision}`)
    ).value;
    expect(difference).toMatchObject({ added: 2, removed: 1, changed: 1, to: seen });
    await client.put("/r/busy", "2");
    const body = { prefix: id("/r/"), name: "/r/", revision, seen };
    expect((await open.post("/api/history/restore", { ...body, name: "" })).status).toBe(403);
    const done = await open.post("/api/history/restore", body);
    expect(done.value).toMatchObject({ restored: 2, removed: 1, skipped: 1 });
    const now = await client.range("/r/", { prefix: true });
    expect(now.keyValues.map((one) => [one.keyText(), one.text()])).toEqual([
      ["/r/busy", "2"],
      ["/r/changed", "old"],
      ["/r/deleted", "old"],
      ["/r/kept", "same"],
    ]);
  });

  test("space: bytes and keys of each prefix, exact where it is small", async () => {
    await client.put("/s/a/1", "x".repeat(100));
    await client.put("/s/a/2", "x".repeat(100));
    await client.put("/s/b", "x");
    const { entries } = (await open.get(`/api/space?prefix=${id("/s/")}`)).value;
    expect(
      entries.map((one: { id: string; keys: number; live: number; sampled: boolean }) => [
        keyText(fromBase64(one.id)),
        one.keys,
        one.live,
        one.sampled,
      ]),
    ).toEqual([
      ["/s/a/", 2, 212, false],
      ["/s/b", 1, 5, false],
    ]);
  });

  test("maintenance: a compaction says what it takes, asks for the name, and does it", async () => {
    const { revision } = await client.put("/m", "1");
    await open.app.sampler.look(0);
    const preview = (await open.get(`/api/maintenance/preview?revision=${revision}`)).value;
    expect(preview.revisionsLost).toBeGreaterThan(0);
    expect((await open.post("/api/maintenance/compact", { revision, name: "x" })).status).toBe(403);
    expect((await open.post("/api/maintenance/compact", { revision, name: "harbor" })).status).toBe(
      200,
    );
    expect((await open.get("/api/maintenance")).value.oldest).toBe(revision);
    await expect(client.get("/m", { revision: revision - 1 })).rejects.toThrow(/compacted/);
  });

  test("maintenance: a snapshot is the whole database with its checksum", async () => {
    const { chunks } = (await open.get("/api/maintenance/snapshot")).value;
    let bytes = 0;
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) bytes += chunk.length;
    expect(bytes % 4_096).toBe(32);
  });
});
