import { METHODS } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, type Watcher } from "../src/client.ts";
import { startProxy } from "./breaking-proxy.ts";

export interface WatchTarget {
  readonly endpoint: string;
  /** Ends the server, with or without notice, and starts it again on its data and port. */
  restart(how: "stop" | "kill"): Promise<void>;
  stop(): Promise<void>;
}

const ITERATORS = 10_000;

/** Watches over restarts, compactions and slow readers; over a socket, the same at every server. */
export function watchSuite(name: string, start: () => Promise<WatchTarget>): void {
  describe(`watches of the client at ${name}`, () => {
    let target: WatchTarget;
    let client: Client;
    let unique = 0;
    const key = (): string => `w${unique++}/`;
    const connect = (endpoint = target.endpoint): Client =>
      new Client({ runtime: nodeRuntime, endpoints: endpoint });

    beforeAll(async () => {
      target = await start();
      client = connect();
    });
    afterAll(async () => {
      client.close();
      await target.stop();
    });

    /** How many watches the server holds, by its own account. */
    async function held(): Promise<number> {
      const page = await (await fetch(`${target.endpoint}/metrics`)).text();
      return Number(/^etcd_debugging_mvcc_watcher_total (\S+)/m.exec(page)?.[1]);
    }

    async function texts(watcher: AsyncIterator<{ keyValue: { text(): string } }>, count: number) {
      const taken: string[] = [];
      while (taken.length < count) {
        const { done, value } = await watcher.next();
        if (done === true) break;
        taken.push(value.keyValue.text());
      }
      return taken;
    }

    it("stream gives the messages of a method as they are on the wire, and ends with the loop", async () => {
      const stream = await client.stream(METHODS.Lease.LeaseKeepAlive);
      stream.send({ id: 404n });
      const ttls: number[] = [];
      for await (const reply of stream) {
        ttls.push(reply.ttl);
        if (ttls.length === 2) break;
        stream.send({ id: 404n });
      }
      expect(ttls).toEqual([0, 0]);
      await expect(stream.next()).rejects.toMatchObject({ code: "CANCELLED" });
    });

    it("a watch shows each message of the server as it came", async () => {
      const seen: string[] = [];
      const watcher = client.watch("on-response", {
        onResponse: ({ created, header, events }) =>
          seen.push(`${created} ${(header?.clusterId ?? 0n) > 0n} ${events.length}`),
      });
      await watcher.ready;
      await client.put("on-response", "1");
      await watcher.next();
      await watcher.return();
      expect(seen).toEqual(["true true 0", "false true 1"]);
    });

    it("a watch goes on over restarts of the server, and sees each change once and in order", async () => {
      const k = key();
      const other = key();
      const watchers = [
        client.watch(k, { prefix: true }),
        client.watch(k, { prefix: true, startRevision: 1 }),
        client.watch(`${k}5`, { previous: true }),
        // Nothing comes for this one before the restarts.
        client.watch(other),
      ] as const;
      await Promise.all(watchers.map(({ ready }) => ready));
      const writer = connect();
      let next = 0;
      const write = async (count: number): Promise<void> => {
        for (const end = next + count; next < end; next++)
          await writer.put(`${k}${next % 10}`, String(next));
      };
      await write(20);
      await target.restart("kill");
      await write(20);
      await target.restart("stop");
      await write(20);
      await writer.put(other, "last");
      const all = Array.from({ length: 60 }, (_, n) => String(n));
      expect(await texts(watchers[0], 60)).toEqual(all);
      expect(await texts(watchers[1], 60)).toEqual(all);
      expect(await texts(watchers[2], 6)).toEqual(all.filter((text) => text.endsWith("5")));
      expect(await texts(watchers[3], 1)).toEqual(["last"]);
      for (const watcher of watchers) await watcher.return();
      await expect.poll(held).toBe(0);
      writer.close();
    });

    it("a watch whose next change was compacted while it was away fails with the compact revision", async () => {
      const proxy = await startProxy(target.endpoint);
      const shaky = connect(proxy.endpoint);
      const k = key();
      const watcher = shaky.watch(k);
      const quiet = shaky.watch(key());
      await Promise.all([watcher.ready, quiet.ready]);
      await client.put(k, "seen");
      expect(await texts(watcher, 1)).toEqual(["seen"]);
      proxy.refuse(true);
      proxy.cut();
      await client.put(k, "missed");
      const { revision } = await client.put(k, "kept");
      await client.compact(revision);
      proxy.refuse(false);
      const compacted = { code: "COMPACTED", compactRevision: revision };
      await expect(watcher.next()).rejects.toMatchObject(compacted);
      await expect(quiet.next()).rejects.toMatchObject(compacted);
      // What the error says is where another watch can begin.
      const again = shaky.watch(k, { startRevision: revision });
      expect(await texts(again, 1)).toEqual(["kept"]);
      shaky.close();
      await proxy.close();
      await expect.poll(held).toBe(0);
    });

    it("a watch that is left, in whatever way, is not held by the server any more", async () => {
      const k = key();
      const open = async (options = {}): Promise<Watcher> => {
        const watcher = client.watch(k, { prefix: true, ...options });
        await watcher.ready;
        return watcher;
      };
      const controller = new AbortController();
      const [broken, returned, waiting, thrown] = [
        await open(),
        await open(),
        await open(),
        await open(),
      ];
      const [unread, unreadBatches, waitingBatches] = [await open(), await open(), await open()];
      const aborted = await open({ signal: controller.signal });
      const disposed = await open();
      expect(await held()).toBe(9);
      await disposed[Symbol.asyncDispose]();
      const pending = [waiting.next(), aborted.next()];
      const batches = waitingBatches.batches();
      const pendingBatch = batches.next();
      await client.put(k, "1");
      for await (const event of broken) if (event.keyValue.text() === "1") break;
      const failing = async (): Promise<void> => {
        for await (const event of thrown) throw new Error(event.keyValue.text());
      };
      await expect(failing()).rejects.toThrow("1");
      await pendingBatch;
      const second = batches.next();
      await Promise.all([returned.return(), waiting.return(), unread.return()]);
      await Promise.all([unreadBatches.batches().return?.(), batches.return?.()]);
      controller.abort();
      expect((await second).done).toBe(true);
      await Promise.all(pending);
      await expect.poll(held).toBe(0);
    });

    it("readers that are slow hold back neither others on their connection nor the server", async () => {
      const k = key();
      const slow = Array.from({ length: 20 }, () =>
        client.watch(k, { prefix: true, queueEvents: 8 }),
      );
      const quick = client.watch(k, { prefix: true });
      await Promise.all([quick, ...slow].map(({ ready }) => ready));
      const count = 1_000;
      const reading = texts(quick, count);
      const value = "v".repeat(2_000);
      for (let n = 0; n < count; n++) await client.put(k, `${value}${n}`);
      const all = Array.from({ length: count }, (_, n) => `${value}${n}`);
      expect(await reading).toEqual(all);
      for (const watcher of slow) expect(watcher.queued).toBeLessThan(400);
      expect(await texts(slow[7]!, count)).toEqual(all);
      for (const watcher of [quick, ...slow]) await watcher.return();
      await expect.poll(held).toBe(0);
    });

    it(`${ITERATORS} iterators live on one connection, and each sees its key`, async () => {
      const k = key();
      const many = connect();
      const watchers = Array.from({ length: ITERATORS }, (_, n) => many.watch(`${k}${n}`));
      await Promise.all(watchers.map(({ ready }) => ready));
      expect(await held()).toBe(ITERATORS);
      const events = watchers.map((watcher) => watcher.next());
      for (let n = 0; n < ITERATORS; n += 100) {
        const puts = Array.from({ length: 100 }, (_, i) =>
          client.put(`${k}${n + i}`, String(n + i)),
        );
        await Promise.all(puts);
      }
      const seen = (await Promise.all(events)).map(({ value }) => value?.keyValue.text());
      expect(seen).toEqual(watchers.map((_, n) => String(n)));
      await Promise.all(watchers.map((watcher) => watcher.return()));
      await expect.poll(held).toBe(0);
      many.close();
    });
  });
}
