/**
 * Three members of etcd and three of nodetcd on one machine, in turn: writes through the leader, reads at the leader
 * and at a follower, and how long nobody can write after the leader was killed.
 */
import { cpus } from "node:os";
import { rmSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import { startMembers, statusOf } from "../tests/clusters/follower.ts";
import { type Peer, peer } from "../tests/peers.ts";
import { type ServerProcess, temporaryDirectory } from "../tests/processes.ts";
import { Connection } from "../tests/rpc.ts";
import {
  compare,
  fill,
  HEADING,
  QUOTA_BYTES,
  RUNS,
  SECONDS,
  type Subject,
  type Workload,
} from "./measured.ts";

const SIZE = 3;
/** Leaders that are killed of each. */
const KILLS = Number(process.env["KILLS"] ?? 5);
const SHAPE = { connections: 16, streams: 16 };

type Part = "leader" | "follower";

const WORKLOADS: readonly (Workload & { readonly at: Part })[] = [
  { name: "Put 256 B", kind: "put", at: "leader", ...SHAPE },
  { name: "Put 256 B", kind: "put", at: "leader", connections: 64, streams: 1 },
  { name: "Range, leader", kind: "range", at: "leader", ...SHAPE },
  { name: "Range, follower", kind: "range", at: "follower", ...SHAPE },
];

interface Cluster {
  readonly program: Peer;
  readonly members: readonly ServerProcess[];
}

async function partsOf({ members }: Cluster): Promise<Record<Part, ServerProcess>> {
  const { leader } = await statusOf(members[0]!);
  const ids = await Promise.all(members.map(async (member) => (await statusOf(member)).id));
  const at = ids.indexOf(leader);
  return { leader: members[at]!, follower: members[(at + 1) % members.length]! };
}

/** Milliseconds from the death of a leader to the next answered Put; the cluster is of no use afterwards. */
async function failover(program: Peer): Promise<number> {
  const members = await startMembers(program, SIZE, []);
  try {
    const { leader, follower } = await partsOf({ program, members });
    const connection = new Connection(follower.url);
    const put = { key: Buffer.from("key"), value: Buffer.from("value") };
    await connection.call(METHODS.KV.Put, put);
    await leader.kill();
    const killed = performance.now();
    for (;;) {
      const isTaken = await connection.call(METHODS.KV.Put, put, 100).then(
        () => true,
        () => false,
      );
      if (isTaken) break;
    }
    connection.close();
    return performance.now() - killed;
  } finally {
    await Promise.all(members.map((member) => member.stop()));
  }
}

function partOf(cluster: Cluster, at: Part): Subject {
  const port = async (): Promise<number> => (await partsOf(cluster))[at].clientPort;
  return { label: cluster.program.name, port };
}

export async function benchClusters(): Promise<void> {
  const programs = [peer("etcd"), peer("nodetcd")].filter((each) => each !== undefined);
  const base = temporaryDirectory("nodetcd-bench");
  const clusters: Cluster[] = [];
  try {
    for (const program of programs) {
      const members = await startMembers(program, SIZE, [`--quota-backend-bytes=${QUOTA_BYTES}`]);
      clusters.push({ program, members });
      await fill(partOf(clusters.at(-1)!, "leader"));
    }
    const versions = programs.map(({ name, version }) => `${name} ${version}`).join(", ");
    console.log(
      `${SIZE} members each of ${versions}; ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}`,
    );
    console.log(`medians of ${RUNS} runs of ${SECONDS} s each, in turn; latencies in ms`);
    console.log(HEADING);
    for (const { at, ...workload } of WORKLOADS) {
      const parts = clusters.map((cluster) => partOf(cluster, at));
      await compare(workload, parts, base);
    }
  } finally {
    for (const { members } of clusters) await Promise.all(members.map((member) => member.stop()));
    rmSync(base, { recursive: true, force: true });
  }
  for (const program of programs) {
    const times: number[] = [];
    for (let i = 0; i < KILLS; i++) times.push(await failover(program));
    const list = times.toSorted((a, b) => a - b).map((ms) => ms.toFixed(0));
    console.log(
      `${program.name}: written again after kill -9 of the leader: ${list.join(", ")} ms`,
    );
  }
}
