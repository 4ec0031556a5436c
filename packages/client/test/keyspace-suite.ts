import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, compare, op } from "../src/client.ts";

/** Namespaces, typed keys, mirrors, and endpoints that follow the members. At every server. */
export function keyspaceSuite(
  name: string,
  start: () => Promise<{ readonly endpoint: string; stop(): Promise<void> }>,
): void {
  describe(`keys at ${name}`, () => {
    let target: Awaited<ReturnType<typeof start>>;
    let client: Client;
    beforeAll(async () => {
      target = await start();
      client = new Client({ runtime: nodeRuntime, endpoints: target.endpoint });
    });
    afterAll(async () => {
      client.close();
      await client.closed;
      await target.stop();
    });

    it("namespace() hides a prefix in keys, ranges, transactions and answers", async () => {
      await client.put("other", "1");
      await client.put("ns0", "beside");
      const inside = client.namespace("ns/");
      await inside.put("a", "1");
      await inside.put("b", "2");
      expect((await client.get("ns/a"))?.text()).toBe("1");
      expect((await inside.put("a", "3", { previous: true })).previous?.keyText()).toBe("a");
      const names = async (...args: Parameters<Client["range"]>): Promise<string[]> =>
        (await inside.range(...args)).keyValues.map((one) => one.keyText());
      expect(await names("", { prefix: true })).toEqual(["a", "b"]);
      expect(await names("b", { fromKey: true })).toEqual(["b"]);
      expect(await names("a", { end: "b" })).toEqual(["a"]);
      await expect(inside.get("")).rejects.toMatchObject({ code: "EMPTY_KEY" });
      const { succeeded, results } = await inside
        .txn()
        .if(compare.value("a", "=", "3"), compare.version("other", "=", 0))
        .then(
          op.range("", { prefix: true, keysOnly: true }),
          op.txn([compare.version("c", "=", 0)], [op.put("c", "4"), op.range("c")]),
          op.delete("b", { previous: true }),
        )
        .commit();
      expect(succeeded).toBe(true);
      const [range, nested, deleted] = results;
      expect(range?.kind === "range" && range.keyValues.map((one) => one.keyText())).toEqual([
        "a",
        "b",
      ]);
      const inner = nested?.kind === "txn" ? nested.results[1] : undefined;
      expect(inner?.kind === "range" && inner.keyValues[0]?.keyText()).toBe("c");
      expect(deleted?.kind === "delete" && deleted.previous[0]?.keyText()).toBe("b");
      expect((await inside.delete("", { prefix: true })).deleted).toBe(2);
      expect((await client.get("ns0"))?.text()).toBe("beside");
    });

    it("namespace() holds for watches, leases, locks, elections, pages and history, and for itself", async () => {
      const inside = client.namespace("outer/").namespace("inner/");
      const watcher = inside.watch("w", { prefix: true, previous: true });
      await watcher.ready;
      await client.put("w-outside", "x");
      await inside.put("w1", "1");
      await inside.put("w1", "2");
      const events = [(await watcher.next()).value, (await watcher.next()).value];
      expect(events.map((event) => event.keyValue.keyText())).toEqual(["w1", "w1"]);
      expect(events[1].previous.keyText()).toBe("w1");
      await watcher.return();
      const lease = await inside.leases.grant(60);
      await inside.put("l", "1", { lease });
      await client.put("elsewhere", "1", { lease });
      expect((await lease.timeToLive({ keys: true })).keysText()).toEqual(["l"]);
      const lock = await inside.lock("lock");
      expect((await client.get(`outer/inner/${lock.key}`))?.createRevision).toBe(lock.revision);
      await lock.unlock();
      const leadership = await inside.election("e").campaign("me");
      expect((await inside.election("e").leader())?.keyText()).toBe(leadership.key);
      await leadership.resign();
      const pages: string[] = [];
      for await (const entry of inside.entries("w", { prefix: true, pageSize: 1 })) {
        pages.push(entry.keyText());
      }
      expect(pages).toEqual(["w1"]);
      const versions: string[] = [];
      for await (const { keyValue } of inside.history("w1")) versions.push(keyValue.text());
      expect(versions).toEqual(["1", "2"]);
      const pinned = await inside.pin();
      expect((await client.pins()).map(({ key }) => key)).toEqual([pinned.key]);
      await pinned.release();
      await lease.revoke();
    });

    it("json() reads, writes and updates a value of a type, whoever comes in between", async () => {
      interface Config {
        hosts: string[];
      }
      const parse = (value: unknown): Config => {
        const hosts = typeof value === "object" && value !== null && "hosts" in value;
        if (!hosts) throw new TypeError("no hosts");
        return value as Config;
      };
      const config = client.json<Config>("config", parse);
      expect(await config.get()).toBeUndefined();
      await config.put({ hosts: ["a"] });
      const add = (host: string): Promise<Config | undefined> =>
        config.update((old) => ({ hosts: [...(old?.hosts ?? []), host] }));
      await Promise.all(["b", "c", "d", "e"].map(add));
      expect((await config.get())?.hosts.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
      await client.put("config", "{}");
      await expect(config.get()).rejects.toThrow("no hosts");
      expect(await config.delete()).toBe(true);
      expect(await config.delete()).toBe(false);
    });

    it("mirror() gives all keys of one revision, and then every change after it", async () => {
      for (let i = 0; i < 25; i++) await client.put(`m/${String(i).padStart(2, "0")}`, "base");
      const mirror = await client.mirror("m/", { pageSize: 10 });
      const copy = new Map<string, string>();
      for await (const entry of mirror.base()) {
        if (copy.size === 5) {
          await client.put("m/24", "late");
          await client.delete("m/00");
          await client.put("m/99", "new");
        }
        copy.set(entry.keyText(), entry.text());
      }
      expect(copy.size).toBe(25);
      expect(new Set(copy.values())).toEqual(new Set(["base"]));
      for await (const { events } of mirror.updates()) {
        for (const { type, keyValue } of events) {
          if (type === "put") copy.set(keyValue.keyText(), keyValue.text());
          else copy.delete(keyValue.keyText());
        }
        if (copy.has("m/99")) break;
      }
      const now = new Map<string, string>();
      for await (const entry of client.entries("m/", { prefix: true })) {
        now.set(entry.keyText(), entry.text());
      }
      expect(copy).toEqual(now);
    });

    it("sync() takes the members' client URLs as endpoints, and watches go on", async () => {
      const follower = new Client({
        runtime: nodeRuntime,
        endpoints: target.endpoint.replace("127.0.0.1", "localhost"),
      });
      const watcher = follower.watch("synced");
      await watcher.ready;
      const [member] = await client.cluster.members();
      const expected = member!.clientUrls.map((url) => new URL(url).host);
      expect(await follower.sync()).toEqual(expected);
      expect(follower.endpoints).toEqual(expected);
      await follower.put("synced", "1");
      expect((await watcher.next()).value.keyValue.text()).toBe("1");
      follower.close();
      await follower.closed;
    });
  });
}
