/** What etcd's own client tests ask of balancing and retries (`tests/integration/clientv3/connectivity`), of real clusters of three. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PeerLinks } from "../../../tests/clusters/peer-links.ts";
import { Client, type EtcdError, op } from "../src/client.ts";
import { freePort, realEtcdBinaries } from "./real-etcd.ts";

const [binary] = realEtcdBinaries();

/** Three real members that can be stopped, killed, frozen and cut off from the others one by one. */
class RealCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), "client-cluster-"));
  readonly #flags: string[][] = [];
  readonly #running: (ChildProcess | undefined)[] = [];
  readonly #links = new PeerLinks();
  readonly endpoints: string[] = [];

  async start(): Promise<void> {
    const peers: string[] = [];
    // Where members listen, behind the links that the others know them by.
    const own: number[] = [];
    for (let i = 0; i < 3; i++) {
      this.endpoints.push(`http://127.0.0.1:${await freePort()}`);
      peers.push(`http://127.0.0.1:${await freePort()}`);
      own.push(await freePort());
      await this.#links.serve(`m${i}`, Number(new URL(peers[i]!).port), own[i]!);
    }
    for (let i = 0; i < 3; i++) {
      const [client, peer] = [this.endpoints[i]!, peers[i]!];
      const members = peers.map((url, j) => `m${j}=${url}`).join();
      const flags =
        `--name m${i} --data-dir ${join(this.#folder, `m${i}`)} --initial-cluster ${members} ` +
        `--listen-client-urls ${client} --advertise-client-urls ${client} ` +
        `--listen-peer-urls http://127.0.0.1:${own[i]} --initial-advertise-peer-urls ${peer}`;
      this.#flags.push(flags.split(" "));
    }
    await Promise.all([0, 1, 2].map((i) => this.run(i)));
    const client = new Client({ endpoints: this.endpoints, timeoutMs: 30_000 });
    for (const { id, name } of await client.cluster.members()) {
      this.#links.names.set(id.toString(16), name);
    }
    client.close();
  }

  /** Nothing passes between a member and the others; clients reach all of them. */
  partition(place: number): void {
    this.#links.cut((from, to) => [from, to].includes(`m${place}`));
  }

  heal(): void {
    this.#links.heal();
  }

  /** Starts a member that does not run, and waits until it serves. */
  async run(place: number): Promise<void> {
    if (this.#running[place] !== undefined) return;
    const child = spawn(binary!.path, this.#flags[place]!, { stdio: ["ignore", "ignore", "pipe"] });
    this.#running[place] = child;
    await new Promise<void>((resolve, reject) => {
      let log = "";
      child.once("exit", () => reject(new Error(log)));
      child.stderr.on("data", (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-5_000);
        if (log.includes("ready to serve client requests")) resolve();
      });
    });
  }

  async end(place: number, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#running[place];
    this.#running[place] = undefined;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  freeze(place: number): void {
    this.#running[place]?.kill("SIGSTOP");
  }

  thaw(place: number): void {
    this.#running[place]?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await Promise.all([0, 1, 2].map((i) => this.end(i, "SIGKILL")));
    this.#links.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe.runIf(binary !== undefined)("a real cluster of three, members dying", () => {
  const cluster = new RealCluster();
  let client: Client;
  const at = (place: number): string => cluster.endpoints[place]!.replace("http://", "");

  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());
  beforeEach(() => {
    client = new Client({ endpoints: cluster.endpoints, timeoutMs: 30_000 });
  });
  afterEach(async () => {
    client.close();
    await client.closed;
    cluster.heal();
    for (const place of [0, 1, 2]) cluster.thaw(place);
    await Promise.all([0, 1, 2].map((i) => cluster.run(i)));
  });

  async function leaderPlace(): Promise<number> {
    const statuses = await Promise.all(
      cluster.endpoints.map((_, place) => client.maintenance.status({ endpoint: at(place) })),
    );
    return statuses.findIndex(({ leader, memberId }) => leader === memberId);
  }

  /** A write whose member died may or may not have happened, so the client leaves it to its caller to make it again. */
  async function write(key: string, value: string, statuses = [14]): Promise<void> {
    for (let tries = 0; tries < 20; tries++) {
      try {
        await client.put(key, value);
        return;
      } catch (error) {
        expect(error).toMatchObject({ name: "EtcdError" });
        expect(statuses).toContain((error as EtcdError).status);
      }
    }
    throw new Error(`${key} could not be written`);
  }

  // TestBalancerUnderServerShutdown*, one row a call.
  it.each<[string, (each: Client) => Promise<unknown>]>([
    ["Put", (each) => each.put("a", "1")],
    ["Delete", (each) => each.delete("a")],
    ["Txn", (each) => each.txn().then(op.put("a", "1")).commit()],
    ["linearizable Get", (each) => each.get("a")],
    ["serializable Get", (each) => each.get("a", { serializable: true })],
    ["MemberList", (each) => each.cluster.members()],
    ["LeaseGrant", (each) => each.leases.grant(60)],
  ])("%s goes on with the others when the member that it talked to is stopped", async (_, call) => {
    await call(client);
    await cluster.end(0, "SIGTERM");
    for (let i = 0; i < 6; i++) await call(client);
  });

  // TestBalancerUnderServerStopInflight*: what has not been answered when its member dies.
  it("reads in flight when the leader is killed are answered by others, and writes are never made twice", async () => {
    const leader = await leaderPlace();
    await client.put("counted", "0");
    const { version: before } = (await client.get("counted"))!;
    const calls = Promise.allSettled<unknown>(
      Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0 ? client.get("counted") : client.put("counted", String(i)),
      ),
    );
    await cluster.end(leader, "SIGKILL");
    const ends = await calls;
    const reads = ends.filter((_, i) => i % 2 === 0);
    expect(reads.map(({ status }) => status)).toEqual(reads.map(() => "fulfilled"));
    const acknowledged = ends.filter(
      ({ status }, i) => i % 2 === 1 && status === "fulfilled",
    ).length;
    const { version: after } = (await client.get("counted"))!;
    expect(after - before).toBeGreaterThanOrEqual(acknowledged);
    expect(after - before).toBeLessThanOrEqual(100);
  });

  // TestBalancerUnderServerShutdownWatch, and TestWatchAfterClose.
  it("a watch goes on at another member, and sees each change once, as one after the other is killed and comes back", async () => {
    const seen: string[] = [];
    const watcher = client.watch("w");
    await watcher.ready;
    const reading = (async () => {
      for await (const { keyValue } of watcher) {
        seen.push(keyValue.text());
        if (keyValue.text() === "end") return;
      }
    })();
    for (let place = 0; place < 3; place++) {
      await cluster.end(place, "SIGKILL");
      await write("w", `without ${place}`);
      await cluster.run(place);
    }
    await write("w", "end");
    await reading;
    // A write that was made again may be there twice.
    expect([...new Set(seen)]).toEqual(["without 0", "without 1", "without 2", "end"]);
  });

  // TestBalancerUnderBlackholeKeepAlive*: a member that takes connections and says nothing.
  it("calls, watches and leases leave a member that is frozen", async () => {
    const watcher = client.watch("w");
    await watcher.ready;
    const lease = await client.leases.grant(60);
    const lost = lease.keepAlive();
    const frozen = (await leaderPlace()) === 0 ? 1 : 0;
    cluster.freeze(frozen);
    for (let i = 0; i < 8; i++) await write("w", String(i));
    const { value } = await watcher.next();
    expect(value?.keyValue.text()).toBe("0");
    expect(lost.aborted).toBe(false);
    cluster.thaw(frozen);
  });

  // TestBalancerUnderNetworkPartition*: a member that answers, but knows nothing of the others.
  it.each(["leader", "follower"])(
    "reads and writes leave a %s that is cut off from the others",
    async (which) => {
      const leader = await leaderPlace();
      const place = which === "leader" ? leader : (leader + 1) % 3;
      await write("p", "before");
      cluster.partition(place);
      for (const value of ["1", "2", "3"]) {
        // A leader that is cut off ends what it was given itself (etcd's `isServerCtxTimeout`).
        await write("p", value, [4, 14]);
        // Each is asked in its turn, and the one that is cut off answers nobody what it cannot know.
        for (let i = 0; i < 3; i++) expect((await client.get("p"))?.text()).toBe(value);
      }
      const there = new Client({ endpoints: at(place), timeoutMs: 3_000 });
      expect((await there.get("p", { serializable: true }))?.text()).toBe("before");
      await expect(there.get("p")).rejects.toMatchObject({ name: "EtcdError" });
      there.close();
    },
  );

  // TestBalancerUnderNetworkPartitionWatch*
  it("a watch leaves a member that is cut off, and sees each change once", async () => {
    const watcher = client.watch("w");
    await watcher.ready;
    const seen = new Set<string>();
    const reading = (async () => {
      for await (const { keyValue } of watcher) {
        seen.add(keyValue.text());
        if (keyValue.text() === "end") return;
      }
    })();
    for (const place of [0, 1, 2]) {
      cluster.partition(place);
      await write("w", `without ${place}`);
      await expect.poll(() => [...seen]).toContain(`without ${place}`);
      cluster.heal();
    }
    await write("w", "end");
    await reading;
    expect([...seen]).toEqual(["without 0", "without 1", "without 2", "end"]);
  });

  // TestKVPutFailGetRetry, TestKVGetRetry, TestUnresolvableOrderViolation in part.
  it("without a majority a write fails and is not made later, a read waits and is answered when members are back", async () => {
    await client.put("quorum", "before");
    await cluster.end(1, "SIGKILL");
    await cluster.end(2, "SIGKILL");
    await expect(client.put("quorum", "lost", { timeoutMs: 3_000 })).rejects.toMatchObject({
      name: "EtcdError",
    });
    const read = client.get("quorum");
    await Promise.all([cluster.run(1), cluster.run(2)]);
    expect((await read)?.text()).toMatch(/^(before|lost)$/);
  });

  // TestDialSetEndpoints*, TestSwitchSetEndpoints.
  it("sync() takes the members as endpoints: one was given, and the others serve when it dies", async () => {
    const one = new Client({ endpoints: cluster.endpoints[0]!, timeoutMs: 30_000 });
    await one.sync();
    expect(one.endpoints.toSorted()).toEqual([0, 1, 2].map(at).toSorted());
    await cluster.end(0, "SIGKILL");
    // Reads: a write that the others take up before they have a leader may time out, and is not sent again.
    for (let i = 0; i < 4; i++) await one.get("a");
    one.close();
  });
});
