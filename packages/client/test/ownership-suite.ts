import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, EtcdError, type Lease } from "../src/client.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Who owns a lock or a leadership, and what ends that. At every server. */
export function ownershipSuite(
  name: string,
  start: () => Promise<{ readonly endpoint: string; stop(): Promise<void> }>,
): void {
  describe(`ownership at ${name}`, () => {
    let target: Awaited<ReturnType<typeof start>>;
    let client: Client;
    let lease: Lease;
    let unique = 0;
    const open = (): Client => new Client({ runtime: nodeRuntime, endpoints: target.endpoint });
    const fresh = (): string => `name-${unique++}`;
    beforeAll(async () => {
      target = await start();
      client = open();
      lease = await client.leases.grant(60);
    });
    afterAll(async () => {
      client.close();
      await client.closed;
      await target.stop();
    });

    it("unlock() of an old handle leaves the key of a later one with the same lease", async () => {
      const lock = fresh();
      const old = await client.lock(lock, { lease });
      await old.unlock();
      const current = await client.lock(lock, { lease });
      expect(current.key).toBe(old.key);
      await old.unlock();
      await old[Symbol.asyncDispose]();
      expect((await client.get(current.key))?.createRevision).toBe(current.revision);
      await expect(client.lock(lock, { wait: false })).rejects.toMatchObject({ code: "LOCK_HELD" });
      await current.unlock();
      await (await client.lock(lock, { wait: false })).unlock();
    });

    it("the end of an `await using` scope after an explicit unlock() takes nothing from others", async () => {
      const lock = fresh();
      const first = await client.lock(lock, { lease });
      await first.unlock();
      const later = await client.lock(lock, { lease });
      await first[Symbol.asyncDispose]();
      expect((await client.get(later.key))?.createRevision).toBe(later.revision);
      await later.unlock();
    });

    it("unlock() twice is no error, with a lease of its own, too", async () => {
      const lock = await client.lock(fresh());
      await lock.unlock();
      await lock.unlock();
      expect(lock.lost.aborted).toBe(false);
      expect(await client.get(lock.key)).toBeUndefined();
    });

    it("resign() of an old leadership leaves the new one", async () => {
      const election = client.election(fresh());
      const old = await election.campaign("a", { lease });
      await old.resign();
      const current = await election.campaign("b", { lease });
      await old.resign();
      expect((await election.leader())?.text()).toBe("b");
      await expect(old.proclaim("x")).rejects.toMatchObject({ code: "LEASE_LOST" });
      await current.proclaim("c");
      expect((await election.leader())?.text()).toBe("c");
      await current.resign();
      expect(await election.leader()).toBeUndefined();
    });

    it("campaign() again with the same lease publishes the new value", async () => {
      const election = client.election(fresh());
      const first = await election.campaign("a", { lease });
      const second = await election.campaign("b", { lease });
      expect((await election.leader())?.text()).toBe("b");
      expect(second.revision).toBe(first.revision);
      await second.resign();
    });

    it("a lease that is revoked through the same client is lost at once, for all who hold it", async () => {
      const own = await client.leases.grant(60);
      const held = await client.lock(fresh(), { lease: own });
      const signal = own.keepAlive();
      const revoking = own.revoke();
      expect(signal.aborted).toBe(true);
      expect(held.lost.reason).toMatchObject({ code: "LEASE_LOST" });
      await revoking;
      expect(await client.get(held.key)).toBeUndefined();
    });

    it("a lock that waits ends with LEASE_LOST when its lease is revoked, here or elsewhere", async () => {
      const lock = fresh();
      const holder = await client.lock(lock);
      const own = await client.leases.grant(60);
      const waiting = client.lock(lock, { lease: own });
      const refused = expect(waiting).rejects.toMatchObject({ code: "LEASE_LOST" });
      while ((await client.range(`${lock}/`, { prefix: true, countOnly: true })).count < 2) {
        await sleep(5);
      }
      await own.revoke();
      await refused;

      const short = await client.leases.grant(2);
      const other = expect(client.lock(lock, { lease: short })).rejects.toMatchObject({
        code: "LEASE_LOST",
      });
      while ((await client.range(`${lock}/`, { prefix: true, countOnly: true })).count < 2) {
        await sleep(5);
      }
      const elsewhere = open();
      await elsewhere.leases.revoke(short.id);
      await other;
      elsewhere.close();
      await elsewhere.closed;
      await holder.unlock();
    });

    it("a lock that waits goes on when history is compacted under it", async () => {
      const lock = fresh();
      const holder = await client.lock(lock);
      const waiting = client.lock(lock);
      while ((await client.range(`${lock}/`, { prefix: true, countOnly: true })).count < 2) {
        await sleep(5);
      }
      const { revision } = await client.put("elsewhere", "1");
      await client.compact(revision);
      await holder.unlock();
      await (await waiting).unlock();
    });

    it("close() gives up what was taken through the client, and resolves after that", async () => {
      const lock = fresh();
      const leaving = open();
      const held = await leaving.lock(lock, { ttlSeconds: 60 });
      const led = await leaving
        .election(`${lock}-e`)
        .campaign("x", { lease: await leaving.leases.grant(60) });
      const waiting = client.lock(lock);
      leaving.close();
      await leaving.closed;
      expect(await client.get(led.key)).toBeUndefined();
      expect(await client.get(held.key)).toBeUndefined();
      await (await waiting).unlock();
      await held.unlock();
      await expect(leaving.get("k")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    });

    it("a client that is closed inside the scope of its lock does not keep the next one waiting", async () => {
      const lock = fresh();
      const wrongOrder = open();
      const held = await wrongOrder.lock(lock, { ttlSeconds: 60 });
      wrongOrder.close();
      await held[Symbol.asyncDispose]();
      const next = await client.lock(lock, { wait: false });
      await next.unlock();
    });

    it("all calls of a closed client fail alike, watches and renewals too", async () => {
      const closed = open();
      closed.close();
      await closed.closed;
      const watcher = closed.watch("k");
      const failed = { code: "CLIENT_CLOSED" };
      await expect(watcher.ready).rejects.toMatchObject(failed);
      await expect(watcher.next()).rejects.toMatchObject(failed);
      await expect(closed.election("e").observe().next()).rejects.toMatchObject(failed);
      await expect(closed.lock("l")).rejects.toMatchObject(failed);
      await expect(closed.maintenance.snapshot().next()).rejects.toMatchObject(failed);
      await expect(closed.entries("k").next()).rejects.toMatchObject(failed);
      await expect(closed.txn().commit()).rejects.toMatchObject(failed);
      const lost = closed.leases.keepAlive(7n);
      await sleep(0);
      expect(lost.reason).toBeInstanceOf(EtcdError);
      expect(lost.reason).toMatchObject(failed);
    });

    it("a put above what the server reads has a code of its own", async () => {
      for (const size of [1_600_000, 3_000_000]) {
        const put = client.put("large", new Uint8Array(size));
        await expect(put).rejects.toMatchObject({ code: "REQUEST_TOO_LARGE" });
      }
    });
  });
}
