import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  CALL_CHANNEL,
  connect,
  type Etcd,
  type PublishedCall,
  startCluster,
  startEtcd,
} from "../src/nodetcd.ts";

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(() => etcd.reset());
afterAll(() => etcd.stop());

test("JsonKey.values: the value now, then each change and deletion, without a gap", async () => {
  const config = etcd.client.json<{ port: number }>("config");
  await config.put({ port: 1 });
  const seen: (number | undefined)[] = [];
  for await (const value of config.values()) {
    seen.push(value?.port);
    // Written after the read and before the watch: it must not be missed.
    if (seen.length === 1) await config.put({ port: 2 });
    if (seen.length === 2) await config.delete();
    if (seen.length === 3) await config.put({ port: 3 });
    if (seen.length === 4) break;
  }
  expect(seen).toEqual([1, 2, undefined, 3]);
});

test("entries: whenCompacted goes on after the last key, and fails without it", async () => {
  await etcd.seed(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${10 + i}`, i])));
  const read = async (whenCompacted: "fail" | "continue"): Promise<string[]> => {
    const keys: string[] = [];
    const options = { prefix: true, pageSize: 10, whenCompacted } as const;
    for await (const entry of etcd.client.entries("k", options)) {
      keys.push(entry.keyText());
      if (keys.length !== 10) continue;
      const { revision } = await etcd.client.put("other", "1");
      await etcd.client.compact(revision);
    }
    return keys;
  };
  await expect(read("fail")).rejects.toMatchObject({ code: "COMPACTED" });
  expect(await read("continue")).toEqual(Array.from({ length: 30 }, (_, i) => `k${10 + i}`));
});

test("CALL_CHANNEL: each call is published with its tries and time, and how it ended", async () => {
  const published: PublishedCall[] = [];
  const listen = (call: unknown): void => void published.push(call as PublishedCall);
  subscribe(CALL_CHANNEL, listen);
  await etcd.client.put("a", "1");
  await etcd.client.get("a", { revision: 1_000_000 }).catch(() => undefined);
  unsubscribe(CALL_CHANNEL, listen);
  await etcd.client.get("a");
  expect(published.map(({ method, error, attempts }) => [method, error?.code, attempts])).toEqual([
    ["/etcdserverpb.KV/Put", undefined, 1],
    ["/etcdserverpb.KV/Range", "FUTURE_REVISION", 1],
  ]);
  expect(published[0]!.durationMs).toBeGreaterThan(0);
});

test("ordering: serializable reads do not go back in time where a member lags behind", async () => {
  const cluster = await startCluster();
  const leader = await cluster.leader();
  const behind = cluster.members.find(({ place }) => place !== leader.place)!;
  await cluster.client.put("a", "old");
  await expect
    .poll(async () => (await behind.client.get("a", { serializable: true }))?.text())
    .toBe("old");
  cluster.isolate(behind.place);
  await leader.client.put("a", "new");
  const read = async (ordering: boolean): Promise<string[]> => {
    const client = connect(cluster.endpoints, { ordering });
    const values: string[] = [];
    for (let i = 0; i < 9; i++) {
      values.push((await client.get("a", { serializable: true }))!.text());
    }
    client.close();
    return values.slice(values.indexOf("new"));
  };
  expect(await read(false)).toContain("old");
  expect(await read(true)).not.toContain("old");
  const ordered = connect(cluster.endpoints, { ordering: true });
  for (const { endpoint } of [leader, behind]) {
    const asked = ordered.get("a", {
      serializable: true,
      endpoint: endpoint.replace("http://", ""),
    });
    if (endpoint === leader.endpoint) expect((await asked)?.text()).toBe("new");
    else await expect(asked).rejects.toMatchObject({ code: "NO_GREATER_REVISION" });
  }
  ordered.close();
  await cluster.dispose();
});
