/** A data directory goes from one program to the other and back, with the same history in it. */
import { rmSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import { isAtLeast, type Peer, peer, sayMissing } from "../peers.ts";
import { startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { equal } from "./check.ts";

const text = (value: string): Uint8Array => Buffer.from(value);
const LEASE = 4711n;

interface State {
  readonly revision: number;
  readonly hash: number;
  readonly keys: string;
}

async function write(connection: Connection, mark: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    await connection.call(METHODS.KV.Put, { key: text(`k${i % 40}`), value: text(`${mark} ${i}`) });
  }
  await connection.call(METHODS.KV.DeleteRange, { key: text("k1"), rangeEnd: text("k2") });
  await connection.call(METHODS.KV.Put, {
    key: text(`leased ${mark}`),
    value: text("v"),
    lease: LEASE,
  });
}

function names(keys: readonly Uint8Array[]): string[] {
  return keys.map((key) => Buffer.from(key).toString());
}

async function read(connection: Connection): Promise<State> {
  const all = await connection.call(METHODS.KV.Range, {
    key: Uint8Array.of(0),
    rangeEnd: Uint8Array.of(0),
  });
  const { hash } = await connection.call(METHODS.Maintenance.HashKV, {});
  const { keys } = await connection.call(METHODS.Lease.LeaseTimeToLive, { id: LEASE, keys: true });
  return {
    revision: all.header?.revision ?? 0,
    hash,
    keys: [
      ...names(all.kvs.map(({ key }) => key)),
      ...names(keys).sort((a, b) => (a < b ? -1 : 1)),
    ].join(" "),
  };
}

async function visit(
  program: Peer,
  directory: string,
  expected: State | undefined,
  mark: string,
): Promise<State> {
  const server = await startServer(program, {
    dataDirectory: directory,
    flags: ["--snapshot-count=150"],
  });
  const connection = new Connection(server.url);
  try {
    if (expected === undefined)
      await connection.call(METHODS.Lease.LeaseGrant, { id: LEASE, ttl: 100_000 });
    else {
      const found = await read(connection);
      const title = `what ${program.name} ${program.version} finds`;
      equal(`${found.revision} ${found.keys}`, `${expected.revision} ${expected.keys}`, title);
      equal(found.hash, expected.hash, `hash that ${program.name} ${program.version} finds`);
    }
    await write(connection, mark);
    const { header } = await connection.call(METHODS.KV.Range, { key: text("k0") });
    if (expected !== undefined) {
      await connection.call(METHODS.KV.Compact, {
        revision: (header?.revision ?? 0) - 100,
        physical: true,
      });
    }
    return await read(connection);
  } finally {
    connection.close();
    await server.stop();
  }
}

export async function proveExchange(subject: Peer): Promise<string> {
  const etcd = peer("etcd");
  if (etcd === undefined || !isAtLeast(etcd.version, "3.6")) {
    sayMissing("etcd 3.6 or later: no data directory was exchanged");
    return "left out";
  }
  let last = "";
  for (const order of [
    [subject, etcd, subject, etcd],
    [etcd, subject, etcd],
  ]) {
    const directory = temporaryDirectory("nodetcd-exchange");
    try {
      let state: State | undefined;
      for (const [turn, program] of order.entries()) {
        state = await visit(program, directory, state, `turn ${turn}`);
      }
      last = `revision ${state?.revision}`;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return `directories went to etcd ${etcd.version} and back, both ways round, with equal HashKV (${last})`;
}
