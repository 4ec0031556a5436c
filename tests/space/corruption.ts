/**
 * A member of a mixed cluster whose database was changed behind its back is named by the CORRUPT alarm, whoever leads and whoever it is,
 * and the cluster refuses to go on with it:
 *
 *     npm run prove -- corruption
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { openBackend } from "@nodetcd/backend";
import { AlarmAction, AlarmType, KeyValue, METHODS } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { startClusterOf } from "../cluster-processes.ts";
import { type Peer, peer } from "../peers.ts";
import { ServerProcess, temporaryDirectory } from "../processes.ts";
import { Connection, RpcFailure } from "../rpc.ts";

const FLAGS = ["--corrupt-check-time=1s"];
const NAMED_MS = 60_000;
const KEY = Buffer.from("key");

async function main(): Promise<number> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  if (etcd === undefined || nodetcd === undefined) return 0;
  let faults = 0;
  for (const leader of [nodetcd, etcd]) {
    for (const damaged of [nodetcd, etcd]) {
      const what = `${leader.name} leads, ${damaged.name} is damaged`;
      const fault = await play(leader, damaged, leader === nodetcd ? etcd : nodetcd);
      console.log(`${what}: ${fault ?? "named, and writes are refused"}`);
      if (fault !== undefined) faults++;
    }
  }
  return faults === 0 ? 0 : 1;
}

/** What is wrong, if anything. */
async function play(leader: Peer, damaged: Peer, third: Peer): Promise<string | undefined> {
  const directory = temporaryDirectory("nodetcd-corruption");
  const members = await startClusterOf([leader, damaged, third], { flags: FLAGS, directory });
  const connections = members.map(({ url }) => new Connection(url));
  const [first] = connections as [Connection];
  try {
    await lead(connections);
    for (const value of ["1", "2"])
      await first.call(METHODS.KV.Put, { key: KEY, value: Buffer.from(value) });
    const id = (await first.call(METHODS.Cluster.MemberList, { linearizable: true })).members.find(
      ({ name }) => name === "m1",
    )?.id;
    const victim = members[1]!;
    await victim.stop();
    await damage(victim);
    members[1] = startAgain(victim, members);
    const named = await corruptMembers(first);
    if (named.length !== 1 || named[0] !== id) return `named ${named.join(" ")} instead of ${id}`;
    const refusal = await first.call(METHODS.KV.Put, { key: KEY, value: KEY }).then(String, String);
    return refusal.includes("corrupt cluster") ? undefined : `a put: ${refusal}`;
  } finally {
    for (const connection of connections) connection.close();
    await Promise.all(members.map((member) => member.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Makes the first member the leader. */
async function lead(connections: readonly Connection[]): Promise<void> {
  for (;;) {
    const statuses = await Promise.all(
      connections.map((connection) => connection.call(METHODS.Maintenance.Status, {})),
    );
    const wanted = statuses[0]!.header?.memberId ?? 0n;
    const at = statuses.findIndex(({ header, leader }) => header?.memberId === leader);
    if (at === 0) return;
    try {
      await connections[at]?.call(METHODS.Maintenance.MoveLeader, { targetId: wanted });
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Another value for the newest record of a database that nobody has open; pages and checksums stay sound. */
async function damage({ dataDirectory }: ServerProcess): Promise<void> {
  const backend = openBackend(nodeRuntime, join(dataDirectory, "member", "snap", "db"));
  let last: { key: Uint8Array; value: Uint8Array } | undefined;
  backend.range("key", new Uint8Array(0), undefined, 0, (key, value) => {
    last = { key: Uint8Array.from(key), value: Uint8Array.from(value) };
  });
  const record = KeyValue.decode(last!.value);
  backend.put("key", last!.key, KeyValue.encode({ ...record, value: Buffer.from("damaged") }));
  await backend.close();
}

/** Does not wait until it is healthy: it may be found out before. */
function startAgain(
  { peer: program, dataDirectory, clientPort, peerPort }: ServerProcess,
  members: readonly ServerProcess[],
): ServerProcess {
  const everyone = members.map((member, i) => `m${i}=http://127.0.0.1:${member.peerPort}`).join();
  const flags = ["--name=m1", `--initial-cluster=${everyone}`, ...FLAGS];
  const ports = { client: clientPort, peer: peerPort };
  return new ServerProcess(program, ports, { dataDirectory, flags });
}

async function corruptMembers(connection: Connection): Promise<bigint[]> {
  const deadline = Date.now() + NAMED_MS;
  for (;;) {
    const request = { action: AlarmAction.GET };
    const { alarms } = await connection.call(METHODS.Maintenance.Alarm, request);
    const corrupt = alarms.filter(({ alarm }) => alarm === AlarmType.CORRUPT);
    if (corrupt.length > 0 || Date.now() > deadline) return corrupt.map(({ memberId }) => memberId);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

process.exitCode = await main();
