/**
 * A whole control plane of Kubernetes on nodetcd, which is killed again and again meanwhile:
 *
 *     KUBERNETES_PROGRAMS=folder ROUNDS=10 tsx tests/kubernetes/run-control-plane.ts
 *
 * The programs are built first (some minutes) where no folder is named. A round: writers create ConfigMaps and
 * count a counter up by compare-and-swap, the deployment is scaled, nodetcd dies by kill -9 at a random moment
 * and starts again. At the end everything acknowledged must be there, as often as it was acknowledged; the
 * controllers must have brought every pod of the deployment onto a node; and what the API server has kept in
 * memory from its watches must be what it reads from the store. `SUBJECT=etcd` tries real etcd instead.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { peer, ROOT } from "../peers.ts";
import {
  freePort,
  run,
  type ServerProcess,
  startServer,
  temporaryDirectory,
} from "../processes.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { ControlPlane } from "./control-plane.ts";
import { ConfigMapWriters } from "./writers.ts";

const NODES = 3;
const CONVERGE_TIMEOUT_MS = 180_000;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

const seed = chosenSeed();
const random = new Seeded(seed);
const rounds = Number(process.env["ROUNDS"] ?? 10);

async function findPrograms(folder: string): Promise<string> {
  const given = process.env["KUBERNETES_PROGRAMS"];
  if (given !== undefined) return given;
  console.log(
    "building Kubernetes' programs; KUBERNETES_PROGRAMS=folder would use those of a folder",
  );
  const output = join(folder, "programs");
  const script = join(ROOT, "tests/kubernetes/build-control-plane.sh");
  const { status, stderr } = await run("sh", [script, output], { timeoutMs: 1_800_000 });
  if (status !== 0) throw new Error(`Kubernetes could not be built:\n${stderr}`);
  return output;
}

/** Nodes that say they are ready; nobody runs what is scheduled onto them. */
async function makeNodes(plane: ControlPlane): Promise<void> {
  const resources = { cpu: "64", memory: "256Gi", pods: "1000" };
  for (let number = 1; number <= NODES; number++) {
    const conditions = [{ type: "Ready", status: "True" }];
    const status = { capacity: resources, allocatable: resources, conditions };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: `node-${number}` }, status };
    const { status: code } = await plane.call("POST", "/api/v1/nodes", node);
    if (code !== 201) throw new Error(`The node was answered with ${code}`);
  }
}

/** Pods of the deployment that are assigned to a node, as kubectl shows them. */
async function scheduledPods(plane: ControlPlane): Promise<number> {
  const columns = "custom-columns=NODE:.spec.nodeName,GONE:.metadata.deletionTimestamp";
  const asked = ["get", "pods", "-l", "app=web", "--no-headers", "-o", columns];
  const { stdout } = await plane.kubectl(asked);
  return stdout.toString().match(/^node-\d+ +<none>$/gm)?.length ?? 0;
}

async function scale(plane: ControlPlane, replicas: number): Promise<void> {
  const spec = { replicas };
  const scaled = { kind: "Scale", apiVersion: "autoscaling/v1", metadata: { name: "web" }, spec };
  await plane.call("PUT", `${DEPLOYMENTS}/web/scale`, scaled);
}

/** Differences between the API server's memory and the store. */
async function cacheFaults(plane: ControlPlane): Promise<string[]> {
  const faults: string[] = [];
  for (const kind of ["configmaps", "pods", "nodes", "events", "endpoints"]) {
    const names = async (query: string): Promise<string> => {
      const { body } = await plane.call("GET", `/api/v1/${kind}${query}`);
      const items = (body["items"] ?? []) as { metadata: Record<string, string> }[];
      const all = items.map(({ metadata }) => `${metadata["name"]}@${metadata["resourceVersion"]}`);
      return all.sort().join("\n");
    };
    // Without a version the store is read; version 0 is answered from memory, which may lag for a moment.
    let same = false;
    for (let attempt = 0; attempt < 20 && !same; attempt++) {
      same = (await names("")) === (await names("?resourceVersion=0"));
      if (!same) await new Promise((resolve) => setTimeout(resolve, 250));
    }
    if (!same) faults.push(`${kind}: memory and store differ`);
  }
  return faults;
}

async function killRound(etcd: ServerProcess, data: string): Promise<ServerProcess> {
  await new Promise((resolve) => setTimeout(resolve, random.between(1_000, 5_000)));
  await etcd.kill();
  const { peer: subject, clientPort, peerPort } = etcd;
  return startServer(subject, { dataDirectory: data, clientPort, peerPort });
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const folder = temporaryDirectory("nodetcd-kubernetes");
  const data = join(folder, "etcd");
  mkdirSync(data, { mode: 0o700 });
  const programs = await findPrograms(folder);
  let etcd = await startServer(subject, { dataDirectory: data });
  const plane = new ControlPlane({ programs, folder, etcdUrl: etcd.url, port: await freePort() });
  try {
    await plane.start();
    const { stdout: version } = await plane.kubectl(["version"]);
    console.log(
      `${subject.name} ${subject.version} below Kubernetes: SEED=${seed} ROUNDS=${rounds}\n${version.toString().trim()}`,
    );
    await makeNodes(plane);
    await plane.kubectl(["create", "deployment", "web", "--image=none", "--replicas=20"]);
    const writers = new ConfigMapWriters(plane);
    writers.start();
    let replicas = 20;
    for (let number = 1; number <= rounds; number++) {
      replicas = random.between(10, 100);
      await scale(plane, replicas);
      etcd = await killRound(etcd, data);
      console.log(`  kill ${number} of ${rounds}: ${writers.acknowledged} acknowledged writes`);
    }
    await plane.until("writes to succeed again", CONVERGE_TIMEOUT_MS, () => writers.succeedAgain());
    await writers.stop();
    await plane.until(`${replicas} scheduled pods`, CONVERGE_TIMEOUT_MS, async () => {
      await scale(plane, replicas);
      return (await scheduledPods(plane)) === replicas;
    });
    const faults = [...(await writers.faults()), ...(await cacheFaults(plane))];
    for (const fault of faults) console.log(`FAILED: ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
    else
      console.log(
        `${rounds} kills, ${writers.acknowledged} acknowledged writes, none lost or doubled; ${replicas} pods on ${NODES} nodes`,
      );
  } finally {
    await plane.stop();
    await etcd.stop();
    if (process.exitCode === 1) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

await main();
