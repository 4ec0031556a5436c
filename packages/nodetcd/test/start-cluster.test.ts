import { afterEach, expect, test } from "vitest";
import { type ClusterOptions, type EtcdCluster, startCluster } from "../src/nodetcd.ts";

let running: EtcdCluster | undefined;
afterEach(() => running?.dispose());

async function start(options: ClusterOptions = {}): Promise<EtcdCluster> {
  running = await startCluster(options);
  return running;
}

test("startCluster: writes go on when the leader stops, and it catches up when it is back", async () => {
  const cluster = await start();
  await cluster.client.put("greeting", "hello");
  const { place } = await cluster.leader();
  await cluster.stop(place);
  await cluster.client.put("greeting", "still here");
  const back = await cluster.restart(place);
  expect((await back.client.get("greeting"))?.text()).toBe("still here");
  expect(cluster.members).toHaveLength(3);
});

test("partition: the side without a majority takes nothing, and learns what it missed when it heals", async () => {
  const cluster = await start();
  const { place } = await cluster.leader();
  const others = [0, 1, 2].filter((other) => other !== place);
  const alone = cluster.members[place]!;
  cluster.partition([place], others);
  const refused = alone.client.put("a", "lost", { timeoutMs: 1_000 });
  await expect(refused).rejects.toThrow();
  const next = await cluster.leader();
  expect(others).toContain(next.place);
  await next.client.put("a", "kept");
  cluster.heal();
  await expect.poll(async () => (await alone.client.get("a"))?.text()).toBe("kept");
});

test("addMember: one grows to two, and each takes what the other has", async () => {
  const cluster = await start({ size: 1 });
  await cluster.client.put("a", "1");
  const added = await cluster.addMember();
  expect((await added.client.get("a"))?.text()).toBe("1");
  await added.client.put("b", "2");
  expect((await cluster.members[0]!.client.get("b"))?.text()).toBe("2");
});

test("startCluster: options that cannot work are refused by name", async () => {
  await expect(startCluster({ size: 0 })).rejects.toThrow("size: expected a whole number from 1");
});
