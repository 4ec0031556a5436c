import { request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageType, RaftMessage } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { etcdOf37, freePort, RealEtcd } from "./support/real-etcd.ts";
import { StubMember } from "./support/stub-member.ts";

/** Where requests go, and who answers there. */
interface Target {
  readonly port: number;
  readonly clusterId: bigint;
  readonly memberId: bigint;
}

interface Ask {
  readonly method?: string;
  readonly path: string | ((target: Target) => string);
  /** Undefined takes a header away. */
  readonly headers?: Record<string, string | undefined>;
  readonly body?: (target: Target) => Uint8Array;
}

const etcdPath = etcdOf37();
let etcd: RealEtcd;
let stub: StubMember;
let folder: string;
let targets: { real: Target; ours: Target };

beforeAll(async () => {
  if (!etcdPath) return;
  etcd = await RealEtcd.start(etcdPath);
  const { clusterId, memberId } = await etcd.ids();
  folder = mkdtempSync(join(tmpdir(), "peers-test-"));
  const port = await freePort();
  stub = new StubMember({
    runtime: nodeRuntime,
    id: memberId,
    clusterId,
    port,
    snapshotDirectory: folder,
    peers: [],
  });
  await stub.start();
  targets = {
    real: { port: Number(new URL(etcd.peer).port), clusterId, memberId },
    ours: { port, clusterId, memberId },
  };
});

afterAll(async () => {
  await stub?.stop();
  await etcd?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** What comes back, without what differs from run to run. */
function ask(target: Target, { method = "GET", path, headers = {}, body }: Ask): Promise<string> {
  const all: Record<string, string | undefined> = {
    "X-Server-From": "ab",
    "X-Server-Version": "3.7.1",
    "X-Min-Cluster-Version": "3.0.0",
    "X-Etcd-Cluster-ID": target.clusterId.toString(16),
    "X-Raft-To": target.memberId.toString(16),
    ...headers,
  };
  const sent = Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const bytes = body?.(target) ?? new Uint8Array(0);
  return new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port: target.port,
      method,
      path: typeof path === "string" ? path : path(target),
      headers: { ...sent, ...(method === "POST" ? { "Content-Length": bytes.length } : {}) },
    };
    const call = request(options, (reply) => {
      let text = "";
      const done = (): void =>
        resolve(
          JSON.stringify({
            status: reply.statusCode,
            type: reply.headers["content-type"],
            nosniff: reply.headers["x-content-type-options"],
            cluster: reply.headers["x-etcd-cluster-id"] !== undefined,
            version: reply.headers["x-server-version"],
            allow: reply.headers.allow,
            text: text.replace(/"Now":"[^"]*"/, '"Now":"…"'),
          }),
        );
      reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
      reply.on("end", done);
      reply.on("error", done);
      reply.on("close", done);
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve(`no answer: ${error.code}`));
    call.setTimeout(4000, () => call.destroy());
    call.end(bytes);
  });
}

const message = (more: (target: Target) => Partial<RaftMessage>) => (target: Target) =>
  RaftMessage.encode({
    type: MessageType.MsgHeartbeatResp,
    from: 0xabn,
    to: target.memberId,
    term: 1,
    ...more(target),
  });
const withLength = (bytes: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
};
const stream = (more: string) => `/raft/stream/${more}`;

const rows: [string, Ask][] = [
  ["probing", { path: "/raft/probing", headers: { "X-Etcd-Cluster-ID": undefined } }],
  ["probing with POST", { method: "POST", path: "/raft/probing" }],
  ["raft with GET", { path: "/raft" }],
  ["stream with POST", { method: "POST", path: stream("message/ab") }],
  ["snapshot with GET", { path: "/raft/snapshot" }],
  ["version too low", { method: "POST", path: "/raft", headers: { "X-Server-Version": "2.9.0" } }],
  ["no version", { method: "POST", path: "/raft", headers: { "X-Server-Version": undefined } }],
  [
    "minimum too high",
    {
      method: "POST",
      path: "/raft",
      headers: { "X-Server-Version": "3.9.0", "X-Min-Cluster-Version": "3.9.0" },
    },
  ],
  [
    "a later version",
    {
      method: "POST",
      path: "/raft",
      headers: { "X-Server-Version": "4.9.0" },
      body: message(() => ({})),
    },
  ],
  [
    "a version that is none",
    { method: "POST", path: "/raft", headers: { "X-Server-Version": "three" } },
  ],
  ["another cluster", { method: "POST", path: "/raft", headers: { "X-Etcd-Cluster-ID": "1" } }],
  [
    "another cluster, stream",
    { path: stream("message/ab"), headers: { "X-Etcd-Cluster-ID": "1" } },
  ],
  [
    "another cluster, snapshot",
    { method: "POST", path: "/raft/snapshot", headers: { "X-Etcd-Cluster-ID": "1" } },
  ],
  ["no message", { method: "POST", path: "/raft", body: () => Buffer.from("\xff\xff", "latin1") }],
  ["a message from nobody known", { method: "POST", path: "/raft", body: message(() => ({})) }],
  ["stream of an unknown member", { path: stream("message/ab") }],
  ["append stream of an unknown member", { path: stream("msgapp/ab") }],
  ["stream of another kind", { path: stream("other/ab") }],
  ["stream of no id", { path: stream("message/xyz") }],
  [
    "snapshot that cannot be read",
    { method: "POST", path: "/raft/snapshot", body: () => Buffer.from("abc") },
  ],
  [
    "snapshot that is none",
    {
      method: "POST",
      path: "/raft/snapshot",
      body: (target) => withLength(message(() => ({}))(target)),
    },
  ],
  ["another path", { path: "/raft/other" }],
  ["root", { path: "/" }],
];

test.skipIf(!etcdPath)("PeerListener: answers every request as real etcd does", async () => {
  const differences: unknown[] = [];
  for (const [what, question] of rows) {
    const [real, ours] = [await ask(targets.real, question), await ask(targets.ours, question)];
    if (real !== ours) differences.push({ what, real, ours });
  }
  expect(differences).toEqual([]);
});

test.skipIf(!etcdPath)(
  "PeerListener: a message to another member is refused with 500, as real etcd does",
  async () => {
    const question: Ask = { method: "POST", path: "/raft", body: message(() => ({ to: 5n })) };
    for (const target of [targets.real, targets.ours]) {
      expect(await ask(target, question)).toMatch(/"status":500.*error processing raft message/);
    }
  },
);
