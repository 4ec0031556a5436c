import { createConnection, createServer, type Socket } from "node:net";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "@nodetcd/backend";
import { EntryType, MessageType, RaftMessage } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, expect, test, vi } from "vitest";
import { peerMetrics, Transport } from "../src/peers.ts";
import { freePort, until } from "./support/real-etcd.ts";
import { startGroup, type StubGroup } from "./support/stub-group.ts";
import { recordingLogger, StubMember } from "./support/stub-member.ts";

// Real sockets on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function group(...args: Parameters<typeof startGroup>): Promise<StubGroup> {
  const started = await startGroup(...args);
  closers.push(() => started.close());
  return started;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "peers-test-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const linesOf = (member: StubMember, text: string) =>
  member.logger.lines.filter(({ message }) => message.includes(text));

test("Transport: three of ours elect a leader, replicate, and go on after every connection was cut", async () => {
  const { members, proxies, leader } = await group(3);
  await until(() => leader() !== undefined, "a leader");
  let written = 0;
  const write = async (count: number): Promise<void> => {
    await until(() => {
      try {
        leader()!.propose(`entry ${written}`);
        return true;
      } catch {
        return false;
      }
    }, "a leader that takes proposals");
    for (let i = 1; i < count; i++) leader()!.propose(`entry ${written + i}`);
    written += count;
    const last = `entry ${written - 1}`;
    await until(() => members.every((member) => member.texts.includes(last)), `${last} everywhere`);
  };
  await write(100);
  for (let round = 0; round < 3; round++) {
    for (const proxy of proxies) proxy.break();
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const proxy of proxies) proxy.heal();
    await until(
      () =>
        members.every(({ transport }) =>
          transport.peerIds.every((id) => transport.activeSince(id)),
        ),
      "all active",
    );
    await until(
      () => members.filter((member) => member.node.leader !== 0n).length === 3,
      "a leader again",
    );
    await write(100);
  }
  const [first] = members;
  for (const member of members) expect(member.texts).toEqual(first!.texts);
  expect(linesOf(first!, "lost TCP streaming connection").length).toBeGreaterThan(0);
  const bytes = [...first!.transport.counters.receivedBytes.entries()].map(([, count]) => count);
  expect(Math.min(...bytes)).toBeGreaterThan(0);
  const rows = peerMetrics(first!.transport.counters, "own");
  const shown = rows.filter((row) => [...row.samples()].length > 0).map(({ name }) => name);
  expect(shown).toContain("etcd_network_peer_sent_bytes_total");
});

/** A member that never reads what it is sent, and one that is not there at all. */
async function deafPort(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.pause());
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("Transport: messages to a peer that takes nothing are dropped and reported; others get theirs", async () => {
  const { members } = await group(2);
  const [one, two] = members;
  one!.transport.addPeer(99n, [`http://127.0.0.1:${await deafPort()}`]);
  await until(() => one!.transport.activeSince(2n) !== undefined, "the sound peer is there");
  const entries = [
    { type: EntryType.EntryNormal, term: 1, index: 1, data: new Uint8Array(64 * 1024) },
  ];
  const to = (id: bigint): RaftMessage => ({
    ...RaftMessage.create(),
    type: MessageType.MsgProp,
    from: 1n,
    to: id,
    entries,
  });
  const before = one!.transport.counters.sentFailures.get("63");
  for (let i = 0; i < 500; i++) one!.transport.send([to(99n)]);
  one!.transport.send([to(2n)]);
  await until(
    () => two!.received.some(({ type }) => type === MessageType.MsgProp),
    "the sound peer gets its message",
  );
  await until(() => one!.unreachable.includes(99n), "raft hears of the other");
  // 64 wait, four are on their way.
  expect(one!.transport.counters.sentFailures.get("63") - before).toBe(500 - 68);
  expect(linesOf(one!, "dropped internal Raft message since sending buffer is full")).toHaveLength(
    1,
  );
});

test("StreamWriter: a peer that stops reading costs a bounded queue, and is given up", async () => {
  const { members } = await group(1);
  const [member] = members;
  member!.transport.addPeer(99n, ["http://127.0.0.1:1"]);
  const socket = createConnection(member!.port, "127.0.0.1");
  closers.push(() => void socket.destroy());
  socket.on("error", () => undefined);
  let head = "";
  socket.on("data", (chunk: Buffer) => {
    head += chunk.toString("latin1");
    socket.pause();
  });
  const headers = {
    "X-Server-From": "63",
    "X-Server-Version": "3.7.1",
    "X-Min-Cluster-Version": "3.0.0",
    "X-Etcd-Cluster-ID": "c1",
    "X-Raft-To": "1",
  };
  socket.write(
    `GET /raft/stream/message/63 HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
      .map(([k, v]) => `${k}: ${v}\r\n`)
      .join("")}\r\n`,
  );
  await until(() => head.startsWith("HTTP/1.1 200 OK"), "the stream is accepted");
  const entries = [
    { type: EntryType.EntryNormal, term: 1, index: 1, data: new Uint8Array(64 * 1024) },
  ];
  const message = {
    ...RaftMessage.create(),
    type: MessageType.MsgProp,
    from: 1n,
    to: 99n,
    entries,
  };
  const failures = (): number => member!.transport.counters.sentFailures.get("63");
  const before = failures();
  for (let i = 0; i < 6000; i++) member!.transport.send([message]);
  expect(failures() - before).toBeGreaterThan(1500);
  // The socket's buffers, and not the 384 MB that were sent.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(member!.transport.counters.sentBytes.get("63")).toBeLessThan(32 * 1024 * 1024);
  await until(() => linesOf(member!, "lost TCP streaming connection").length > 0, "it is given up");
});

test("Transport: a snapshot between members of ours arrives whole; a broken one is refused and reported", async () => {
  const folder = temporaryFolder();
  const backend = openBackend(nodeRuntime, join(folder, "db"));
  for (let i = 0; i < 2000; i++) backend.put("key", Buffer.from(`key-${i}`), Buffer.alloc(1000, i));
  const source = await backend.openSnapshot();
  const whole = join(folder, "whole");
  const { members } = await group(2);
  const [one, two] = members;
  await until(() => one!.transport.activeSince(2n) !== undefined, "active");
  const snapshot = {
    data: Buffer.from("{}"),
    metadata: { index: 7, term: 1, confState: undefined },
  };
  const message = {
    ...RaftMessage.create(),
    type: MessageType.MsgSnap,
    from: 1n,
    to: 2n,
    term: 1,
    snapshot,
  };
  const chunks: Uint8Array[] = [];
  const recorded = {
    size: source.size,
    read: async function* () {
      for await (const chunk of source.read()) {
        chunks.push(Uint8Array.from(chunk));
        yield chunk;
      }
    },
    close: () => source.close(),
  };
  one!.transport.sendSnapshot(message, recorded);
  await until(() => one!.snapshotReports.length === 1, "the first report");
  expect(one!.snapshotReports).toEqual([[2n, true]]);
  const { path } = two!.snapshots[0]!;
  writeFileSync(whole, Buffer.concat(chunks));
  expect(readFileSync(path).equals(readFileSync(whole))).toBe(true);
  expect(path.endsWith("/0000000000000007.snap.db")).toBe(true);
  await backend.close();

  const bytes = readFileSync(whole);
  const half = { ...snapshot, metadata: { ...snapshot.metadata, index: 8 } };
  const send = (content: Uint8Array, size = content.length): void =>
    one!.transport.sendSnapshot(
      { ...message, snapshot: half },
      {
        size,
        read: async function* () {
          await Promise.resolve();
          yield content;
        },
        close: () => undefined,
      },
    );
  const broken = Buffer.from(bytes);
  broken.fill(0, 0, 8192);
  let reports = 1;
  for (const [content, size] of [
    [bytes.subarray(0, bytes.length / 2), undefined],
    [bytes.subarray(0, 100), bytes.length],
    [broken, undefined],
  ] as const) {
    send(content, size);
    await until(() => one!.snapshotReports.length > reports, "a report");
    expect(one!.snapshotReports[reports++]).toEqual([2n, false]);
  }
  expect(two!.snapshots).toHaveLength(1);
  await until(
    () => !readdirSync(join(path, "..")).some((name) => name.startsWith("tmp")),
    "nothing is left behind",
  );
  expect(existsSync(path.replace("7.snap", "8.snap"))).toBe(false);
  expect(two!.transport.counters.snapshotReceiveFailures.get("1")).toBe(3);
  expect([
    two!.transport.counters.snapshotsReceiving.get("1"),
    one!.transport.counters.snapshotsSending.get("2"),
  ]).toEqual([0, 0]);
});

test("Transport: while a snapshot is taken another of its index is refused, and does not take its file's place", async () => {
  const folder = temporaryFolder();
  const backend = openBackend(nodeRuntime, join(folder, "db"));
  const source = await backend.openSnapshot();
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read()) chunks.push(chunk);
  source.close();
  await backend.close();
  const bytes = Buffer.concat(chunks);
  const { members } = await group(2);
  const [one, two] = members;
  await until(() => one!.transport.activeSince(2n) !== undefined, "active");
  let isTaken = (): void => undefined;
  two!.taking = new Promise((resolve) => (isTaken = resolve));
  const metadata = { index: 7, term: 1, confState: undefined };
  const snapshot = { data: Buffer.from("{}"), metadata };
  const message = { ...RaftMessage.create(), type: MessageType.MsgSnap, from: 1n, to: 2n, term: 1 };
  const send = (content: Uint8Array): void =>
    one!.transport.sendSnapshot(
      { ...message, snapshot },
      {
        size: content.length,
        read: async function* () {
          await Promise.resolve();
          yield content;
        },
        close: () => undefined,
      },
    );
  send(bytes);
  await until(() => two!.snapshots.length === 1, "the first has come");
  const { path } = two!.snapshots[0]!;
  send(Buffer.concat([bytes, Buffer.from("more")]));
  await until(() => one!.snapshotReports.length === 1, "the second is refused");
  expect(one!.snapshotReports).toEqual([[2n, false]]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  isTaken();
  await until(() => one!.snapshotReports.length === 2, "the first is taken");
  expect(one!.snapshotReports[1]).toEqual([2n, true]);
});

test("Transport: another cluster, a removed member, an unknown one: etcd's words on both sides", async () => {
  const { members, proxies } = await group(1);
  const [member] = members;
  const url = `http://127.0.0.1:${proxies[0]!.port}`;
  const start = async (id: bigint, clusterId: bigint): Promise<StubMember> => {
    const port = await freePort();
    const stub = new StubMember({
      runtime: nodeRuntime,
      id,
      clusterId,
      port,
      snapshotDirectory: temporaryFolder(),
      peers: [[1n, url]],
    });
    closers.push(() => stub.stop());
    await stub.start();
    return stub;
  };
  member!.removed.add(7n);
  const [stranger, removed, unknown] = [
    await start(5n, 0xdead2n),
    await start(7n, 0xc1n),
    await start(8n, 0xc1n),
  ];
  await until(
    () => linesOf(member!, "request cluster ID mismatch").length > 0,
    "the listener says so",
  );
  await until(
    () =>
      linesOf(stranger, "request sent was ignored by remote peer due to cluster ID mismatch")
        .length > 0,
    "the dialler says so",
  );
  await until(() => removed.removals > 0, "the removed member is told");
  expect(
    linesOf(member!, "rejected stream from remote peer because it was removed").length,
  ).toBeGreaterThan(0);
  await until(
    () => linesOf(member!, "failed to find remote peer in cluster").length > 0,
    "unknown",
  );
  await until(() => linesOf(member!, "added new remote peer").length > 0, "its URLs are learnt");
  expect(stranger.removals + unknown.removals).toBe(0);
  // Once it is a member its streams stand.
  member!.transport.addPeer(8n, [`http://127.0.0.1:${unknown.port}`]);
  await until(
    () =>
      unknown.transport.activeSince(1n) !== undefined &&
      member!.transport.activeSince(8n) !== undefined,
    "active",
  );
});

test("Transport: options that cannot work are refused at the door", () => {
  const handler = {} as ConstructorParameters<typeof Transport>[0]["handler"];
  const options = {
    runtime: nodeRuntime,
    logger: recordingLogger(),
    memberId: 1n,
    clusterId: 2n,
    peerUrls: [],
    handler,
    snapshotDirectory: "/",
    electionTimeoutMs: 1000,
    heartbeatIntervalMs: 100,
  };
  expect(() => new Transport({ ...options, memberId: 0n })).toThrow("memberId");
  expect(() => new Transport({ ...options, electionTimeoutMs: Number.NaN })).toThrow(
    "electionTimeoutMs",
  );
  const transport = new Transport(options);
  for (const url of ["", "h:1", "ftp://h:1", "http://h:1/path"]) {
    expect(() => transport.addPeer(5n, [url]), url).toThrow("is no peer URL");
  }
  expect(() => transport.addPeer(5n, [])).toThrow("at least one URL");
  transport.stop();
});
