import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageType } from "@nodetcd/messages";
import { issue, makeAuthority } from "@nodetcd/certificates";
import { nodeDisk, nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, expect, test } from "vitest";
import { freePort, program, RealEtcd, until } from "./support/real-etcd.ts";
import { StubMember, type StubOptions } from "./support/stub-member.ts";

const etcdPath = program("etcd");
const etcdctl = program("etcdctl");
const bbolt = program("bbolt");

/** Real programs on a busy machine, in milliseconds. */
const SLOW_MS = 60_000;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function realMember(...more: string[]): Promise<RealEtcd> {
  const etcd = await RealEtcd.start(etcdPath!, ...more);
  closers.push(() => etcd.stop());
  return etcd;
}

/** The flag has changed its name over the years. */
function catchUpFlag(): string | undefined {
  const help = execFileSync(etcdPath!, ["--help"], { encoding: "utf8", stdio: "pipe" });
  return /--(experimental-)?snapshot-catchup-entries/.exec(help)?.[0];
}

/** Adds a member to a real one, and starts a stub as this member. */
async function joinAs(
  etcd: RealEtcd,
  more: readonly string[] = [],
  tls?: StubOptions["tls"],
): Promise<StubMember> {
  const port = await freePort();
  const { clusterId, memberId } = await etcd.ids();
  const url = `http${tls ? "s" : ""}://127.0.0.1:${port}`;
  const id = await etcd.addMember(etcdctl!, url, ...more);
  const snapshotDirectory = mkdtempSync(join(tmpdir(), "peers-test-"));
  const stub = new StubMember({
    runtime: nodeRuntime,
    id,
    clusterId,
    port,
    snapshotDirectory,
    peers: [[memberId, etcd.peer]],
    ...(tls ? { tls } : {}),
  });
  closers.push(async () => {
    await stub.stop();
    rmSync(snapshotDirectory, { recursive: true, force: true });
  });
  await stub.start();
  return stub;
}

test.skipIf(!etcdPath || !etcdctl)(
  "Transport: a real etcd 3.7 commits 1,000 writes with our stub as the second voter",
  async () => {
    const etcd = await realMember();
    const stub = await joinAs(etcd);
    const began = performance.now();
    for (let i = 0; i < 1000; i += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, j) => etcd.put(`key-${i + j}`, `value-${i + j}`)),
      );
    }
    const tookMs = performance.now() - began;
    await until(() => stub.texts.some((text) => text.includes("key-999")), "the last key arrives");
    const seen = new Set(stub.texts.map((text) => /value-\d+/.exec(text)?.[0]));
    for (let i = 0; i < 1000; i++) expect(seen.has(`value-${i}`), `value-${i}`).toBe(true);
    const established = stub.logger.lines.filter(({ message }) =>
      message.startsWith("established TCP"),
    );
    expect(
      established
        .map(({ fields }) => fields["stream-reader-type"] ?? fields["stream-writer-type"] ?? "")
        .sort((a, b) => String(a).localeCompare(String(b))),
    ).toEqual(["stream Message", "stream Message", "stream MsgApp v2", "stream MsgApp v2"]);
    expect(stub.received.some(({ type }) => type === MessageType.MsgHeartbeat)).toBe(true);
    expect(
      stub.received.some(({ type, entries }) => type === MessageType.MsgApp && entries.length > 0),
    ).toBe(true);
    const [peer] = stub.transport.peerIds;
    expect(stub.transport.activeSince(peer!)).toBeDefined();
    console.log(`1000 puts in ${tookMs.toFixed(0)} ms, commit ${stub.node.committed}`);
    expect(etcd.log).not.toMatch(/lost TCP|failed to decode|rejected/);
  },
  SLOW_MS,
);

test.skipIf(!etcdPath || !etcdctl || !bbolt)(
  "Transport: a real etcd sends its snapshot to a late stub, and bbolt finds the file sound",
  async (context) => {
    const flag = catchUpFlag();
    if (flag === undefined)
      return context.skip("this etcd cannot shorten what it keeps for slow members");
    const etcd = await realMember("--snapshot-count", "100", flag, "10");
    for (let i = 0; i < 500; i += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, j) => etcd.put(`key-${i + j}`, "x".repeat(200))),
      );
    }
    const stub = await joinAs(etcd, ["--learner"]);
    await until(() => stub.snapshots.length > 0, "a snapshot arrives");
    const { path, message } = stub.snapshots[0]!;
    expect(existsSync(path)).toBe(true);
    expect(message.snapshot!.metadata!.index).toBeGreaterThan(500);
    expect(execFileSync(bbolt!, ["check", path], { encoding: "utf8" })).toContain("OK");
    await etcd.put("after", "the snapshot");
    await until(
      () => stub.texts.some((text) => text.includes("the snapshot")),
      "appends go on behind it",
    );
    await until(() => etcd.log.includes("sent database snapshot"), "etcd takes it for sent");
  },
  SLOW_MS,
);

test.skipIf(!etcdPath || !etcdctl)(
  "Transport: a real etcd and our stub, both with certificates on both sides of every connection",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "peers-test-"));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const validity = { now: Date.now() - 86_400_000, days: 10 };
    const authority = await makeAuthority({ commonName: "peers", validity });
    const own = await issue(authority, {
      commonName: "member",
      hosts: ["localhost", "127.0.0.1"],
      usages: ["server", "client"],
      validity,
    });
    const file = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const certFile = file("cert.pem", own.cert);
    const keyFile = file("key.pem", own.key);
    const trustedCaFile = file("ca.pem", authority.cert);
    const etcd = await realMember(
      "--peer-client-cert-auth",
      "--peer-cert-file",
      certFile,
      "--peer-key-file",
      keyFile,
      "--peer-trusted-ca-file",
      trustedCaFile,
    );
    const stub = await joinAs(etcd, [], {
      server: { disk: nodeDisk, certFile, keyFile, clients: { trustedCaFile }, alpn: [] },
      client: { ca: authority.cert, cert: own.cert, key: own.key },
    });
    await Promise.all(Array.from({ length: 100 }, (_, i) => etcd.put(`key-${i}`, "secret")));
    await until(
      () => stub.texts.filter((text) => text.includes("secret")).length === 100,
      () => `100 keys arrive; ${JSON.stringify(stub.logger.lines.slice(-5))}`,
    );
    expect(stub.logger.lines.filter(({ message }) => message === "rejected connection")).toEqual(
      [],
    );
  },
  SLOW_MS,
);
