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
import type { LoadOptions } from "./load.ts";
import { load, loadProcess, type Measured, medians } from "./measured.ts";

const SIZE = 3;
const RUNS = Number(process.env["RUNS"] ?? 3);
const SECONDS = Number(process.env["SECONDS"] ?? 1.5);
/** Many runs put more than the default of 2 GiB. */
const QUOTA_BYTES = 8 * 1024 ** 3;
/** Leaders that are killed of each. */
const KILLS = Number(process.env["KILLS"] ?? 5);
const SHAPE = { connections: 16, streams: 16 };

interface Workload {
  readonly name: string;
  readonly kind: LoadOptions["kind"];
  readonly at: "leader" | "follower";
  readonly connections: number;
  readonly streams: number;
}

const WORKLOADS: readonly Workload[] = [
  { name: "Put 256 B", kind: "put", at: "leader", ...SHAPE },
  { name: "Put 256 B", kind: "put", at: "leader", connections: 64, streams: 1 },
  { name: "Range, leader", kind: "range", at: "leader", ...SHAPE },
  { name: "Range, follower", kind: "range", at: "follower", ...SHAPE },
];

interface Cluster {
  readonly program: Peer;
  readonly members: readonly ServerProcess[];
}

async function partsOf({
  members,
}: Cluster): Promise<Record<"leader" | "follower", ServerProcess>> {
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

/** The same load on all clusters in turn; ratios are to the first. */
async function compare(
  { name, kind, at, connections, streams }: Workload,
  clusters: readonly Cluster[],
  directory: string,
): Promise<void> {
  const results = clusters.map((): Measured[] => []);
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [i, cluster] of clusters.entries()) {
      const port = (await partsOf(cluster))[at].clientPort;
      const options = { port, kind, connections, streams, seconds: SECONDS };
      results[i]!.push(await load(options, directory));
    }
  }
  const figures = results.map(medians);
  for (const [i, { perSecond, p50, p99 }] of figures.entries()) {
    const columns = [
      name.padEnd(16),
      `${connections} x ${streams}`.padEnd(8),
      clusters[i]!.program.name.padEnd(8),
      Math.round(perSecond).toLocaleString("en").padStart(9),
      p50.toFixed(2).padStart(8),
      p99.toFixed(2).padStart(8),
    ];
    const ratio = i === 0 ? "" : `  x ${(perSecond / figures[0]!.perSecond).toFixed(2)}`;
    console.log(columns.join(" ") + ratio);
  }
}

export async function benchClusters(): Promise<void> {
  const programs = [peer("etcd"), peer("nodetcd")].filter((each) => each !== undefined);
  const base = temporaryDirectory("nodetcd-bench");
  const clusters: Cluster[] = [];
  try {
    for (const program of programs) {
      const members = await startMembers(program, SIZE, [`--quota-backend-bytes=${QUOTA_BYTES}`]);
      clusters.push({ program, members });
      const { clientPort: port } = (await partsOf(clusters.at(-1)!)).leader;
      const all = { port, kind: "fill", connections: 4, streams: 64, seconds: 0 } as const;
      await loadProcess({ ...all, warmUpSeconds: 0 });
    }
    const versions = programs.map(({ name, version }) => `${name} ${version}`).join(", ");
    console.log(
      `${SIZE} members each of ${versions}; ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}`,
    );
    console.log(`medians of ${RUNS} runs of ${SECONDS} s each, in turn; latencies in ms`);
    console.log("workload         shape    server    calls/s      p50      p99");
    for (const workload of WORKLOADS) await compare(workload, clusters, base);
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
