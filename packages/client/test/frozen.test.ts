import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../src/client.ts";
import { type RealEtcd, realEtcdBinaries, startRealEtcd } from "./real-etcd.ts";

/** Two members that know nothing of each other: what matters is which one answers. */
const [binary] = realEtcdBinaries();

describe.runIf(binary !== undefined)("one of two endpoints is frozen (SIGSTOP)", () => {
  let servers: RealEtcd[];
  let client: Client;
  beforeAll(async () => {
    servers = await Promise.all([startRealEtcd(binary!.path), startRealEtcd(binary!.path)]);
    client = new Client({
      runtime: nodeRuntime,
      endpoints: servers.map(({ endpoint }) => endpoint),
      timeoutMs: 15_000,
    });
  });
  afterAll(async () => {
    client.close();
    await client.closed;
    await Promise.all(servers.map((server) => server.stop()));
  });

  it("watches and calls are at the other one within ten seconds, and calls stay there", async () => {
    for (const { endpoint } of servers) await client.put("k", "before", { endpoint });
    const [frozen, well] = servers as [RealEtcd, RealEtcd];
    // Its first turn is at the endpoint that will freeze, whichever that is.
    const seen: string[] = [];
    const watchers = [client.watch("k"), client.watch("k")];
    await Promise.all(watchers.map(({ ready }) => ready));
    for (const watcher of watchers) {
      void (async () => {
        for await (const { keyValue } of watcher) seen.push(keyValue.text());
      })().catch(() => undefined);
    }
    frozen.freeze();
    const began = performance.now();
    const reads = Array.from({ length: 10 }, () => client.get("k"));
    expect((await Promise.all(reads)).map((found) => found?.text())).toEqual(
      Array.from({ length: 10 }, () => "before"),
    );
    // Each endpoint has its turn: by now the client has tried the frozen one, and given it up.
    for (let i = 0; i < 4; i++) await client.get("k");
    expect(performance.now() - began).toBeLessThan(30_000);
    // Nobody waits for the frozen one any more, though its listen queue still takes connections.
    const later = performance.now();
    for (let i = 0; i < 40; i++) {
      await client.put("k", String(i), { timeoutMs: 5_000 });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(performance.now() - later).toBeLessThan(15_000);
    await expect.poll(() => seen.filter((value) => value === "39").length).toBe(2);
    frozen.thaw();
    expect((await client.maintenance.status({ endpoint: well.endpoint })).version).not.toBe("");
  });
});
