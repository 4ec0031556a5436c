import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  Client,
  type ClientOptions,
  compare,
  EtcdError,
  type EtcdErrorCode,
  op,
  type WatchEvent,
} from "../src/client.ts";
import { startProxy } from "./breaking-proxy.ts";

export interface Target {
  /** `undefined` where there is no socket. */
  readonly endpoint: string | undefined;
  /** Where there is no socket: the client to test. */
  readonly client?: Client;
  stop(): Promise<void>;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function codeOf(promise: Promise<unknown>): Promise<EtcdErrorCode | "none"> {
  try {
    await promise;
    return "none";
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    throw error;
  }
}

async function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

function show({ type, keyValue, previous }: WatchEvent): string {
  const before = previous === undefined ? "" : ` was ${previous.text()}`;
  return `${type} ${keyValue.keyText()}=${keyValue.text()}${before}`;
}

async function take(events: AsyncIterator<WatchEvent>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    taken.push(show(next.value));
  }
  return taken;
}

/** What the client does must be the same at every server: real etcd, and nodetcd in either form. */
export function clientSuite(name: string, start: () => Promise<Target>): void {
  describe(`the client at ${name}`, () => {
    let target: Target;
    let client: Client;
    let unique = 0;
    const key = (): string => `k${unique++}/`;
    const options = (): ClientOptions => ({
      runtime: nodeRuntime,
      ...(target.endpoint === undefined ? {} : { endpoints: target.endpoint }),
    });

    beforeAll(async () => {
      target = await start();
      client = target.client ?? new Client(options());
    });
    afterAll(async () => {
      client.close();
      await target.stop();
    });

    it("put, get and delete keep text and bytes, revisions and previous values", async () => {
      const k = key();
      expect(await client.get(k)).toBeUndefined();
      const first = await client.put(k, "één");
      const bytes = new Uint8Array([0, 255, 128]);
      const second = await client.put(k, bytes, { previous: true });
      expect(second.previous?.text()).toBe("één");
      expect(second.revision).toBe(first.revision + 1);
      const found = await client.get(k);
      expect(found).toMatchObject({
        createRevision: first.revision,
        modRevision: second.revision,
        version: 2,
        lease: 0n,
      });
      expect(found?.value).toEqual(bytes);
      expect(found?.keyText()).toBe(k);
      expect((await client.get(k, { revision: first.revision }))?.text()).toBe("één");
      const gone = await client.delete(k, { previous: true });
      expect(gone.deleted).toBe(1);
      expect(gone.previous[0]?.value).toEqual(bytes);
      expect((await client.delete(k)).deleted).toBe(0);
    });

    it("range selects, sorts, limits and counts", async () => {
      const k = key();
      for (const [suffix, value] of [
        ["c", "1"],
        ["a", "3"],
        ["b", "2"],
      ]) {
        await client.put(k + suffix, value!);
      }
      const names = async (range: Parameters<Client["range"]>[1], from = k): Promise<string> =>
        (await client.range(from, range)).keyValues
          .map((kv) => kv.keyText().slice(k.length))
          .join("");
      expect(await names({ prefix: true })).toBe("abc");
      expect(await names({ prefix: true, order: "descend" })).toBe("cba");
      expect(await names({ prefix: true, sortBy: "value" })).toBe("cba");
      expect(await names({ prefix: true, sortBy: "modRevision" })).toBe("cab");
      expect(await names({ end: `${k}b` }, `${k}a`)).toBe("a");
      expect(await names({ end: `${k}~`, limit: 2 }, `${k}b`)).toBe("bc");
      const limited = await client.range(k, { prefix: true, limit: 1, keysOnly: true });
      expect(limited).toMatchObject({ more: true, count: 3 });
      expect(limited.keyValues[0]?.value).toHaveLength(0);
      const counted = await client.range(k, { prefix: true, countOnly: true, serializable: true });
      expect(counted).toMatchObject({ count: 3, keyValues: [] });
      expect((await client.range("", { prefix: true, countOnly: true })).count).toBeGreaterThan(2);
      expect((await client.range(k, { fromKey: true, countOnly: true })).count).toBeGreaterThan(2);
    });

    it("entries reads a prefix by pages at one revision", async () => {
      const k = key();
      const count = 57;
      await client
        .txn()
        .then(
          ...Array.from({ length: count }, (_, i) =>
            op.put(`${k}${String(i).padStart(3, "0")}`, "v"),
          ),
        )
        .commit();
      const seen: string[] = [];
      for await (const { keyValue } of numbered(
        client.entries(k, { prefix: true, pageSize: 10 }),
      )) {
        if (seen.length === 5) await client.delete(k, { prefix: true });
        seen.push(keyValue.keyText());
      }
      expect(seen).toHaveLength(count);
      expect([...new Set(seen)].sort()).toEqual(seen);
    });

    it("txn runs one branch, nested ones too, and answers each operation", async () => {
      const k = key();
      const claim = (): ReturnType<ReturnType<Client["txn"]>["commit"]> =>
        client
          .txn()
          .if(compare.version(k, "=", 0))
          .then(op.put(k, "mine"), op.txn([], [op.range(k), op.delete(`${k}none`)]))
          .else(op.range(k))
          .commit();
      const won = await claim();
      expect(won.succeeded).toBe(true);
      expect(won.results.map(({ kind }) => kind)).toEqual(["put", "txn"]);
      const inner = won.results[1];
      expect(inner?.kind === "txn" && inner.results.map(({ kind }) => kind)).toEqual([
        "range",
        "delete",
      ]);
      const lost = await claim();
      expect(lost.succeeded).toBe(false);
      const range = lost.results[0];
      expect(range?.kind === "range" && range.keyValues[0]?.text()).toBe("mine");
      const checks = [
        compare.value(k, "=", "mine"),
        compare.value(k, ">", "mina"),
        compare.modRevision(k, "=", won.revision),
        compare.createRevision(k, "<", won.revision + 1),
        compare.lease(k, "=", 0n),
        compare.version(k, "!=", 2),
        compare.version(k, ">", 0, { prefix: true }),
      ];
      expect(
        (
          await client
            .txn()
            .if(...checks)
            .commit()
        ).succeeded,
      ).toBe(true);
      for (const check of [compare.value(k, "=", "x"), compare.version(k, "<", 1)]) {
        expect((await client.txn().if(check).commit()).succeeded).toBe(false);
      }
    });

    it("txn that is awaited without commit fails instead of hanging", async () => {
      // The compiler refuses `await client.txn()`; this is what happens in JavaScript.
      const awaited = Promise.resolve<unknown>(client.txn().then(op.put("a", "b")));
      expect(await codeOf(awaited)).toBe("BAD_ARGUMENT");
    });

    it("errors have stable codes and etcd's texts", async () => {
      const k = key();
      await client.put(k, "1");
      const { revision } = await client.put(k, "2");
      expect(await codeOf(client.put("", "x"))).toBe("EMPTY_KEY");
      expect(await codeOf(client.get(k, { revision: revision + 1_000 }))).toBe("FUTURE_REVISION");
      expect(await codeOf(client.put(k, "x", { lease: 12_345n }))).toBe("LEASE_NOT_FOUND");
      expect(await codeOf(client.leases.revoke(12_345n))).toBe("LEASE_NOT_FOUND");
      expect(await codeOf(client.txn().then(op.put(k, "a"), op.put(k, "b")).commit())).toBe(
        "DUPLICATE_KEY",
      );
      const many = Array.from({ length: 129 }, (_, i) => op.put(`${k}${i}`, ""));
      expect(
        await codeOf(
          client
            .txn()
            .then(...many)
            .commit(),
        ),
      ).toBe("TOO_MANY_OPERATIONS");
      expect(await codeOf(client.put(k, new Uint8Array(1_600_000)))).toBe("REQUEST_TOO_LARGE");
      expect(await codeOf(client.put(`${k}no`, "", { ignoreValue: true }))).toBe("KEY_NOT_FOUND");
      expect(await codeOf(client.range(k, { prefix: true, fromKey: true }))).toBe("BAD_ARGUMENT");
      await client.compact(revision);
      const error: unknown = await client
        .get(k, { revision: revision - 1 })
        .catch((e: unknown) => e);
      expect(error).toMatchObject({
        name: "EtcdError",
        code: "COMPACTED",
        status: 11,
        message: "etcdserver: mvcc: required revision has been compacted",
      });
      expect(await codeOf(client.compact(revision))).toBe("COMPACTED");
      expect(await codeOf(client.compact(revision + 1_000))).toBe("FUTURE_REVISION");
    });

    it("a signal and a deadline end a call", async () => {
      const aborted = AbortSignal.abort();
      expect(await codeOf(client.get("a", { signal: aborted }))).toBe("CANCELLED");
      expect(["DEADLINE_EXCEEDED", "none"]).toContain(
        await codeOf(client.get("a", { timeoutMs: 0.01 })),
      );
    });

    it("watch gives changes in order, with previous values, and ends when left", async () => {
      const k = key();
      await client.put(`${k}a`, "0");
      const watcher = client.watch(k, { prefix: true, previous: true });
      const base = await watcher.ready;
      await client.put(`${k}a`, "1");
      await client.put(`${k}b`, "2");
      await client.delete(`${k}a`);
      const events: WatchEvent[] = [];
      for await (const event of watcher) {
        events.push(event);
        if (events.length === 3) break;
      }
      expect(events.map(show)).toEqual([`put ${k}a=1 was 0`, `put ${k}b=2`, `delete ${k}a= was 1`]);
      expect(events.map(({ keyValue }) => keyValue.modRevision - base)).toEqual([1, 2, 3]);
      expect((await watcher.next()).done).toBe(true);
    });

    it("watch reads history, batches it by revision, and filters", async () => {
      const k = key();
      const { revision } = await client
        .txn()
        .then(op.put(`${k}a`, "1"), op.put(`${k}b`, "1"))
        .commit();
      await client.delete(`${k}a`);
      const batches = client.watch(k, { prefix: true, startRevision: revision }).batches();
      const sizes: number[] = [];
      for await (const batch of batches) {
        sizes.push(batch.events.length);
        if (sizes.reduce((a, b) => a + b) === 3) break;
      }
      expect([[3], [2, 1]]).toContainEqual(sizes);
      const deletes = client.watch(k, { prefix: true, startRevision: revision, ignore: "put" });
      expect(await take(deletes, 1)).toEqual([`delete ${k}a=`]);
      await deletes.return();
    });

    it("watch fails with the compact revision when its history is gone", async () => {
      const k = key();
      const { revision } = await client.put(k, "1");
      await client.put(k, "2");
      const last = (await client.put(k, "3")).revision;
      await client.compact(last);
      const watcher = client.watch(k, { startRevision: revision });
      const error: unknown = await watcher.next().catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "COMPACTED", compactRevision: last });
      expect((await watcher.next()).done).toBe(true);
    });

    it("watch ends with its signal, and answers progress", async () => {
      const controller = new AbortController();
      const revisions: number[] = [];
      const watcher = client.watch(key(), {
        signal: controller.signal,
        onProgress: (revision) => revisions.push(revision),
      });
      await watcher.ready;
      const { revision } = await client.put(key(), "x");
      // A server answers when the watch has caught up; 3.4 sometimes only later.
      for (let i = 0; i < 50 && revisions.length === 0; i++) {
        watcher.requestProgress();
        await sleep(50);
      }
      expect(revisions.at(-1)).toBeGreaterThanOrEqual(revision);
      const waiting = watcher.next();
      controller.abort();
      expect((await waiting).done).toBe(true);
    });

    it("watch holds a bounded number of events for a slow reader, and loses none", async () => {
      const k = key();
      const count = 3_000;
      const watcher = client.watch(k, { prefix: true, queueEvents: 64 });
      await watcher.ready;
      for (let i = 0; i < count; i += 100) {
        await client
          .txn()
          .then(...Array.from({ length: 100 }, (_, j) => op.put(`${k}${i + j}`, "v".repeat(500))))
          .commit();
      }
      await sleep(200);
      expect(watcher.queued).toBeGreaterThan(0);
      expect(watcher.queued).toBeLessThan(count / 2);
      const events = await take(watcher, count);
      expect(new Set(events).size).toBe(count);
      await watcher.return();
    });

    it("leases attach keys, tell their time, and take the keys with them", async () => {
      const k = key();
      const lease = await client.leases.grant(60);
      await client.put(k, "v", { lease });
      expect((await client.get(k))?.lease).toBe(lease.id);
      const left = await lease.timeToLive({ keys: true });
      expect(left.grantedTtlSeconds).toBe(60);
      expect(left.ttlSeconds).toBeGreaterThan(50);
      expect(left.keysText()).toEqual([k]);
      expect(await client.leases.list()).toContain(lease.id);
      await lease.revoke();
      expect(await client.get(k)).toBeUndefined();
      expect((await lease.timeToLive()).ttlSeconds).toBe(-1);
      const chosen = await client.leases.grant(60, { id: 4_711n });
      expect(chosen.id).toBe(4_711n);
      expect(await codeOf(client.leases.grant(60, { id: 4_711n }))).toBe("LEASE_EXISTS");
      await chosen.revoke();
    });

    it.concurrent("keepAlive renews a lease beyond its TTL", async () => {
      const lease = await client.leases.grant(2);
      const lost = lease.keepAlive();
      await sleep(3_600);
      expect(lost.aborted).toBe(false);
      expect((await lease.timeToLive()).ttlSeconds).toBeGreaterThan(0);
      await client.leases.of(lease.id).revoke();
      expect(lost.reason).toMatchObject({ code: "LEASE_LOST" });
    });

    it.concurrent("keepAlive says when the lease was ended by somebody else", async () => {
      if (target.endpoint === undefined) return;
      const lease = await client.leases.grant(2);
      const lost = lease.keepAlive();
      const other = new Client(options());
      await other.leases.revoke(lease.id);
      await abortOf(lost);
      expect(lost.reason).toMatchObject({ code: "LEASE_NOT_FOUND" });
      other.close();
    });

    it.concurrent(
      "keepAlive survives breaks shorter than the TTL, and is lost after longer ones",
      async () => {
        if (target.endpoint === undefined) return;
        const proxy = await startProxy(target.endpoint);
        const shaky = new Client({ runtime: nodeRuntime, endpoints: proxy.endpoint });
        const lease = await shaky.leases.grant(2);
        const lost = lease.keepAlive();
        proxy.refuse(true);
        proxy.cut();
        await sleep(900);
        proxy.refuse(false);
        await sleep(2_000);
        expect(lost.aborted).toBe(false);
        proxy.refuse(true);
        proxy.cut();
        await abortOf(lost);
        expect(lost.reason).toMatchObject({ code: "LEASE_LOST" });
        shaky.close();
        await proxy.close();
      },
    );

    it("lock lets one in at a time, in the order they came", async () => {
      const name = key();
      const order: string[] = [];
      const first = await client.lock(name);
      const second = client.lock(name).then(async (held) => {
        order.push("second");
        await held.unlock();
        return held;
      });
      const waiting = async (): Promise<number> =>
        (await client.range(name, { prefix: true })).count;
      await expect.poll(waiting).toBe(2);
      const third = client.lock(name).then(async (held) => {
        order.push("third");
        await held.unlock();
        return held;
      });
      await expect.poll(waiting).toBe(3);
      expect(await codeOf(client.lock(name, { wait: false }))).toBe("LOCK_HELD");
      expect(await codeOf(client.lock(name, { signal: AbortSignal.timeout(100) }))).toBe(
        "CANCELLED",
      );
      expect(order).toEqual([]);
      order.push("unlock");
      await first.unlock();
      const [b, c] = await Promise.all([second, third]);
      expect(order).toEqual(["unlock", "second", "third"]);
      expect(first.revision < b.revision && b.revision < c.revision).toBe(true);
      expect((await client.range(name, { prefix: true })).count).toBe(0);
      const alone = await client.lock(name, { wait: false });
      expect(alone.lost.aborted).toBe(false);
      await alone[Symbol.asyncDispose]();
      expect((await client.range(name, { prefix: true })).count).toBe(0);
    });

    it("election has one leader, whom others see", async () => {
      const election = client.election(key());
      expect(await election.leader()).toBeUndefined();
      const controller = new AbortController();
      const seen: string[] = [];
      const observed = (async () => {
        for await (const leader of election.observe({ signal: controller.signal })) {
          seen.push(leader.text());
        }
      })();
      const first = await election.campaign("first");
      await expect.poll(() => seen).toEqual(["first"]);
      const next = election.campaign("next");
      await first.proclaim("first again");
      await expect.poll(() => seen).toEqual(["first", "first again"]);
      await first.resign();
      const second = await next;
      expect((await election.leader())?.text()).toBe("next");
      await expect.poll(() => seen).toEqual(["first", "first again", "next"]);
      expect(await codeOf(first.proclaim("late"))).toBe("LEASE_LOST");
      await second.resign();
      controller.abort();
      await observed;
    });

    it("maintenance tells status, hashes, alarms; cluster lists members", async () => {
      const status = await client.maintenance.status();
      expect(status.version).toMatch(/^3\.\d+\.\d+/);
      expect(status.memberId).toBe(status.leader);
      expect(status.dbSize).toBeGreaterThan(0);
      expect(await client.maintenance.alarms()).toEqual([]);
      const { hash } = await client.maintenance.hashKv();
      expect((await client.maintenance.hashKv(status.revision)).hash).toBe(hash);
      await client.maintenance.defragment();
      const members = await client.cluster.members();
      expect(members.map(({ id }) => id)).toEqual([status.memberId]);
    });

    it("snapshot streams the whole database file and its SHA-256", async () => {
      const { createHash } = await import("node:crypto");
      await client.put(key(), new Uint8Array(500_000));
      const chunks: Uint8Array[] = [];
      for await (const chunk of client.maintenance.snapshot()) chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const file = all.subarray(0, -32);
      expect(createHash("sha256").update(file).digest()).toEqual(all.subarray(-32));
      expect(file.readUInt32LE(16)).toBe(0xed0cdaed);
    });

    it("close ends what is under way with CLIENT_CLOSED", async () => {
      if (target.endpoint === undefined) return;
      const closing = new Client(options());
      const watcher = closing.watch(key());
      await watcher.ready;
      const held = await closing.lock(key());
      const waiting = watcher.next().catch((error: unknown) => error);
      closing.close();
      expect(await waiting).toMatchObject({ code: "CLIENT_CLOSED" });
      expect(held.lost.aborted).toBe(true);
      expect(await codeOf(closing.get("a"))).toBe("CLIENT_CLOSED");
      closing.close();
    });

    it("watch goes on after each break without losing or repeating an event", async () => {
      if (target.endpoint === undefined) return;
      const proxy = await startProxy(target.endpoint);
      const shaky = new Client({ runtime: nodeRuntime, endpoints: proxy.endpoint });
      const k = key();
      const watcher = shaky.watch(k, { prefix: true });
      await watcher.ready;
      const expected: string[] = [];
      const reading = take(watcher, 40);
      for (let i = 0; i < 40; i++) {
        await client.put(`${k}${i}`, String(i));
        await sleep(10);
        expected.push(`put ${k}${i}=${i}`);
        if (i % 10 === 5) proxy.cut();
        if (i === 25) {
          proxy.refuse(true);
          await sleep(200);
        }
        if (i === 30) proxy.refuse(false);
      }
      expect(await reading).toEqual(expected);
      expect(proxy.connections).toBeGreaterThan(3);
      shaky.close();
      await proxy.close();
    });

    it("watch that breaks before its first event misses nothing meanwhile", async () => {
      if (target.endpoint === undefined) return;
      const proxy = await startProxy(target.endpoint);
      const shaky = new Client({ runtime: nodeRuntime, endpoints: proxy.endpoint });
      const k = key();
      const watcher = shaky.watch(k);
      await watcher.ready;
      proxy.refuse(true);
      proxy.cut();
      await client.put(k, "unseen");
      proxy.refuse(false);
      expect(await take(watcher, 1)).toEqual([`put ${k}=unseen`]);
      shaky.close();
      await proxy.close();
    });

    it("calls go to the endpoints in turn, and around one that is down", async () => {
      if (target.endpoint === undefined) return;
      const proxy = await startProxy(target.endpoint);
      const both = new Client({
        runtime: nodeRuntime,
        endpoints: ["127.0.0.1:1", proxy.endpoint, target.endpoint],
      });
      const k = key();
      for (let i = 0; i < 10; i++) await both.put(k, String(i));
      expect((await both.get(k))?.version).toBe(10);
      expect(proxy.connections).toBe(1);
      expect(await codeOf(both.get(k, { endpoint: "127.0.0.1:1", timeoutMs: 2_000 }))).toBe(
        "UNAVAILABLE",
      );
      expect(await codeOf(both.get(k, { endpoint: "127.0.0.1:2" }))).toBe("BAD_ARGUMENT");
      both.close();
      await proxy.close();
    });

    it("a write whose fate is unknown is not sent again; a read is", async () => {
      if (target.endpoint === undefined) return;
      const proxy = await startProxy(target.endpoint);
      const shaky = new Client({ runtime: nodeRuntime, endpoints: proxy.endpoint });
      const k = key();
      await shaky.put(k, "0");
      proxy.mute(true);
      const written = codeOf(shaky.put(k, "1"));
      const read = shaky.get(k);
      await expect.poll(async () => (await client.get(k))?.text()).toBe("1");
      proxy.mute(false);
      proxy.cut();
      expect(await written).toBe("UNAVAILABLE");
      expect((await read)?.text()).toBe("1");
      expect((await client.get(k))?.version).toBe(2);
      shaky.close();
      await proxy.close();
    });

    it("a write that found no server is sent once there is one", async () => {
      if (target.endpoint === undefined) return;
      const proxy = await startProxy(target.endpoint);
      const patient = new Client({ runtime: nodeRuntime, endpoints: proxy.endpoint });
      const k = key();
      proxy.refuse(true);
      const written = patient.put(k, "1");
      await sleep(300);
      proxy.refuse(false);
      await written;
      expect((await client.get(k))?.version).toBe(1);
      patient.close();
      await proxy.close();
    });
  });
}

async function* numbered<T>(
  items: AsyncIterable<T>,
): AsyncGenerator<{ keyValue: T; index: number }, void, undefined> {
  let index = 0;
  for await (const keyValue of items) yield { keyValue, index: index++ };
}
