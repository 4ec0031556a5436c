import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { networkDialer } from "@nodetcd/peers";
import { nodeResolver, nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, expect, test } from "vitest";
import {
  checkJoinable,
  Discovery,
  fetchCluster,
  fetchDowngradeEnabled,
  fetchVersions,
  foundCluster,
  matchMembers,
  parseInitialCluster,
  refuseBootstrapped,
  type Registry,
  type RegistryPair,
} from "../src/membership.ts";
import { recordingLogger } from "./support/logger.ts";

const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "etcd"));
const etcdPath = process.env["ETCD_BIN"] ?? onPath.find((path) => existsSync(path));
const version =
  etcdPath === undefined ? "" : execFileSync(etcdPath, ["--version"], { encoding: "utf8" });
const isModern = /etcd Version: 3\.[67]\./.test(version);
if (!isModern)
  console.warn(
    "MISSING: etcd 3.6 or 3.7 (set ETCD_BIN): membership is not compared with real etcd",
  );

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Started {
  readonly client: string;
  readonly peer: string;
  readonly child: ChildProcess;
  log(): string;
}

/** Starts a real member; does not wait until it is ready. */
async function start(name: string, more: (peer: string) => string[]): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), "membership-test-"));
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const urls = [
    "--listen-client-urls",
    client,
    "--advertise-client-urls",
    client,
    "--listen-peer-urls",
    peer,
    "--initial-advertise-peer-urls",
    peer,
  ];
  const child = spawn(etcdPath!, ["--name", name, "--data-dir", folder, ...urls, ...more(peer)], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {},
  });
  let log = "";
  child.stderr!.on("data", (bytes: Buffer) => (log += bytes.toString()));
  closers.push(async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGKILL")) await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  return { client, peer, child, log: () => log };
}

async function until(done: () => boolean, what: () => string): Promise<void> {
  for (const deadline = performance.now() + 150_000; !done();) {
    if (performance.now() > deadline) throw new Error(`Not in time: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ready = (one: Started): Promise<void> =>
  until(
    () => one.log().includes("ready to serve client requests"),
    () => one.log().slice(-2000),
  );

const dial = networkDialer(nodeRuntime.network, { timeoutMs: 2000 });
const questions = { clock: nodeRuntime.clock, dial, logger: recordingLogger(), timeoutMs: 3000 };

test.skipIf(!isModern)(
  "foundCluster, join: a real etcd has the ids that we compute, and its answers are understood",
  async () => {
    const etcd = await start("real", (peer) => [
      "--initial-cluster",
      `real=${peer}`,
      "--initial-cluster-token",
      "tok",
    ]);
    await ready(etcd);
    const local = parseInitialCluster(`real=${etcd.peer}`);
    const founded = await foundCluster(local, "tok");
    const running = await fetchCluster(questions, ["http://127.0.0.1:1", etcd.peer]);
    expect(running.clusterId).toBe(founded.clusterId);
    expect(running.members).toEqual([{ ...founded.members[0]!, clientUrls: [etcd.client] }]);
    expect(await matchMembers(running, local, nodeResolver)).toEqual(running.members);
    const { id } = running.members[0]!;
    await expect(refuseBootstrapped(questions, [etcd.peer], id)).rejects.toThrow(
      `member ${id.toString(16)} has already been bootstrapped`,
    );
    await refuseBootstrapped(questions, [etcd.peer], 5n);
    await expect(fetchCluster(questions, ["http://127.0.0.1:1"])).rejects.toThrow(
      "cannot fetch cluster info from peer urls",
    );
    const versions = await fetchVersions(
      questions,
      [...running.members, { ...running.members[0]!, id: 6n, peerUrls: ["http://127.0.0.1:1"] }],
      9n,
    );
    expect(versions.get(id)).toMatchObject({
      cluster: expect.stringMatching(/^3\.[67]\.0$/) as string,
    });
    expect(versions.get(6n)).toBeUndefined();
    expect(await fetchDowngradeEnabled(questions, running.members, 9n)).toBe(false);
    checkJoinable(versions, "3.7.1", false, questions.logger);
  },
);

interface RangeReply {
  readonly header: { revision: string };
  readonly kvs?: { key: string; value: string; create_revision: string }[];
}

/** A registry over the JSON gateway of a real etcd; watches by asking again. */
class GatewayRegistry implements Registry {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async #call(path: string, request: object): Promise<RangeReply> {
    const reply = await fetch(`${this.#url}/v3/kv/${path}`, {
      method: "POST",
      body: JSON.stringify(request),
    });
    return (await reply.json()) as RangeReply;
  }

  async list(prefix: string): Promise<{ pairs: RegistryPair[]; revision: number }> {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const { header, kvs = [] } = await this.#call("range", {
      key: base64(prefix),
      range_end: base64(`${prefix}\xff`),
    });
    const text = (value: string): string => Buffer.from(value, "base64").toString();
    const pairs = kvs.map(({ key, value, create_revision }) => ({
      key: text(key),
      value: text(value),
      createRevision: Number(create_revision),
    }));
    return { pairs, revision: Number(header.revision) };
  }

  async get(key: string): Promise<RegistryPair | undefined> {
    return (await this.list(key)).pairs.find((pair) => pair.key === key);
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call("put", {
      key: Buffer.from(key).toString("base64"),
      value: Buffer.from(value).toString("base64"),
    });
  }

  async *watch(prefix: string, fromRevision: number): AsyncGenerator<RegistryPair[]> {
    for (;;) {
      const { pairs } = await this.list(prefix);
      yield pairs.filter(({ createRevision }) => createRevision >= fromRevision);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test.skipIf(!isModern)(
  "Discovery: ours and a real etcd find each other under one token",
  async () => {
    const keeper = await start("keeper", (peer) => ["--initial-cluster", `keeper=${peer}`]);
    await ready(keeper);
    const registry = new GatewayRegistry(keeper.client);
    await registry.put("/_etcd/registry/tok/_config/size", "2");
    const real = await start("real", () => [
      "--discovery-token",
      "tok",
      "--discovery-endpoints",
      keeper.client,
    ]);
    const self = "ours=http://127.0.0.1:1";
    const { members } = await foundCluster(parseInitialCluster(self), "tok");
    const options = {
      registry,
      token: "tok",
      memberId: members[0]!.id,
      self,
      clock: nodeRuntime.clock,
      logger: recordingLogger(),
    };
    const found = await new Discovery(options).join();
    expect(found).toBe(`ours=http://127.0.0.1:1,real=${real.peer}`);
    await until(
      () => real.log().includes("discovery joined cluster successfully"),
      () => real.log().slice(-2000),
    );
    // Both have founded the same cluster.
    const { clusterId } = await foundCluster(parseInitialCluster(found), "tok");
    await until(
      () => real.log().includes(clusterId.toString(16)),
      () => `cluster ${clusterId.toString(16)} in ${real.log().slice(-3000)}`,
    );
    await expect(new Discovery({ ...options, memberId: 77n }).join()).rejects.toThrow(
      "discovery: cluster is full",
    );
  },
);
