import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { Channel } from "@nodetcd/grpc";
import {
  HashKVRequest,
  HashKVResponse,
  type Init,
  type MessageCodec,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
} from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import {
  bytes,
  dispose,
  startTestMember,
  temporaryDirectory,
  TestMember,
  text,
} from "./support/member.ts";

const ETCD = process.env["ETCD_BIN"] ?? "etcd";

/** Why there is no etcd that shares our format, or undefined when there is one. */
function missing(): string | undefined {
  try {
    const version = execFileSync(ETCD, ["--version"], { encoding: "utf8" });
    const [, minor] = /etcd Version: 3\.(\d+)/.exec(version) ?? [];
    return Number(minor) >= 7 ? undefined : `${ETCD} is not of version 3.7 (set ETCD_BIN)`;
  } catch {
    return "etcd is not installed (set ETCD_BIN)";
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Something that answers etcd's calls: ours without a socket, or etcd over one. */
interface Side {
  call<Request, Reply>(
    path: string,
    request: MessageCodec<Request>,
    reply: MessageCodec<Reply>,
    fields: Init<Request>,
  ): Promise<Reply>;
  stop(): Promise<void>;
}

async function startEtcd(dataDir: string): Promise<Side> {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const child: ChildProcess = spawn(
    ETCD,
    [
      `--data-dir=${dataDir}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      "--snapshot-count=20",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("ready to serve client requests")) resolve();
    });
    child.on("exit", () => reject(new Error(`etcd did not start:\n${log.slice(-2_000)}`)));
  });
  const { network, clock } = nodeRuntime;
  const channel = new Channel({ network, clock, host: "127.0.0.1", port: client });
  return {
    call: async (path, request, reply, fields) =>
      reply.decode(await channel.unary(`/${path}`, request.encode(fields))),
    stop: () =>
      new Promise((resolve) => {
        channel.close();
        child.once("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
}

const put = (side: Side, key: string, value: string) =>
  side.call("etcdserverpb.KV/Put", PutRequest, PutResponse, {
    key: bytes(key),
    value: bytes(value),
  });
const hash = async (side: Side) => {
  const {
    hash: sum,
    compactRevision,
    header,
  } = await side.call("etcdserverpb.Maintenance/HashKV", HashKVRequest, HashKVResponse, {});
  return { sum, compactRevision, revision: header?.revision };
};
const keysOf = async (side: Side) => {
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  const { kvs } = await side.call("etcdserverpb.KV/Range", RangeRequest, RangeResponse, all);
  return kvs.map((pair) => text(pair.key));
};

const reason = missing();
if (reason !== undefined) console.warn(`MISSING: ${reason}: data directories are not exchanged`);

test.each(["ours first", "etcd first"])(
  "a data directory goes from one program to the other and back with equal contents: %s",
  async (order) => {
    if (reason !== undefined) return;
    const dataDir = temporaryDirectory();
    const startOurs = (): Promise<TestMember> => startTestMember({ dataDir, snapshotCount: 20 });
    const expected: string[] = [];
    let before: Awaited<ReturnType<typeof hash>> | undefined;
    for (let life = 0; life < 4; life++) {
      const ours = (life % 2 === 0) === (order === "ours first");
      const side: Side = ours ? await startOurs() : await startEtcd(dataDir);
      expect(await keysOf(side)).toEqual(expected);
      if (before !== undefined) expect(await hash(side)).toEqual(before);
      for (let i = 0; i < 30; i++) {
        await put(side, `life-${life}-${i}`, `by ${ours ? "us" : "etcd"}`);
        expected.push(`life-${life}-${i}`);
      }
      expected.sort();
      before = await hash(side);
      await side.stop();
    }
    const last = await startOurs();
    expect(await hash(last)).toEqual(before);
    await dispose(last);
  },
);
