/**
 * Seeded Jobs and CronJobs through the real controllers (kube-apiserver and kube-controller-manager over real
 * etcd) and through ours, side by side; nobody runs pods: their ends are written into their status on both sides.
 *
 *     SEED=1 COUNT=300 tsx tests/jobs/oracle/run.ts
 *     CASE=17    only that one        AT_ONCE=40    so many Jobs at a time
 *
 * After each step both must have the same pods, conditions, reasons, counts and events, and both must refuse the
 * same requests with the same words. Of ten specifications seven are Jobs; CronJobs take three minutes, all of
 * them at once.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../../peers.ts";
import { freePort, startServer, temporaryDirectory } from "../../processes.ts";
import { chosenSeed, Seeded } from "../../seeded.ts";
import { ControlPlane } from "../../kubernetes/control-plane.ts";
import { kubernetesPrograms, KUBERNETES_VERSION } from "../../kubernetes/programs.ts";
import { ApiClient } from "../api-client.ts";
import { JobsServer } from "../jobs-server.ts";
import { cronCase } from "./cron-case.ts";
import { jobCase } from "./job-case.ts";
import { Mirror } from "./mirror.ts";
import { Difference, Pair } from "./pair.ts";

const seed = chosenSeed();
const count = Number(process.env["COUNT"] ?? 300);
const atOnce = Number(process.env["AT_ONCE"] ?? 40);
const only = process.env["CASE"];
const CONTROLLERS = [
  "--controllers=job-controller,cronjob-controller,garbage-collector-controller,namespace-controller,ttl-after-finished-controller",
  "--leader-elect=false",
  "--concurrent-job-syncs=20",
  "--concurrent-cron-job-syncs=20",
  "--kube-api-qps=1000",
  "--kube-api-burst=2000",
];

interface Case {
  readonly number: number;
  readonly kind: "job" | "cron";
}

const cases: Case[] = Array.from({ length: count }, (_, i) => ({
  number: i + 1,
  kind: i % 10 < 7 ? ("job" as const) : ("cron" as const),
})).filter(({ number }) => only === undefined || only.split(",").includes(String(number)));

/** Between the beginnings of two CronJobs: all at once, servers would not answer in time. */
const CRON_APART_MS = 250;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** True when both did the same. */
async function runCase({ number, kind }: Case, real: Mirror, ours: Mirror): Promise<boolean> {
  const namespace = `case-${number}`;
  const pair = new Pair(real, ours, namespace);
  const random = new Seeded(seed * 10_007 + number);
  try {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    await pair.both("create the namespace", ({ client }) =>
      client.call("POST", "/api/v1/namespaces", body),
    );
    await (kind === "job" ? jobCase : cronCase)(pair, random);
    return true;
  } catch (error) {
    console.log(`DIFFERENCE in case ${number} (SEED=${seed} CASE=${number}):`);
    for (const line of pair.story) console.log(`  ${line}`);
    const told = error instanceof Difference ? error.message : (error as Error).stack;
    console.log(`  ${told}`);
    return false;
  }
}

async function runAll(real: Mirror, ours: Mirror): Promise<number> {
  let failed = 0;
  let done = 0;
  const take = async (queue: Case[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!(await runCase(next, real, ours))) failed++;
      if (++done % 50 === 0) console.log(`  ${done} of ${cases.length}, ${failed} different`);
    }
  };
  const crons = cases.filter(({ kind }) => kind === "cron");
  const jobs = cases.filter(({ kind }) => kind === "job");
  await Promise.all([
    ...crons.map((each, i) => pause(i * CRON_APART_MS).then(() => take([each]))),
    ...Array.from({ length: atOnce }, () => take(jobs)),
  ]);
  return failed;
}

async function main(): Promise<void> {
  const etcd = peer("etcd");
  const programs = await kubernetesPrograms(["kube-apiserver", "kube-controller-manager"]);
  if (etcd === undefined || programs === undefined) return;
  const folder = temporaryDirectory("nodetcd-jobs-oracle");
  for (const name of ["plane", "jobs"]) mkdirSync(join(folder, name));
  const store = await startServer(etcd);
  const plane = new ControlPlane({
    programs,
    folder: join(folder, "plane"),
    etcdUrl: store.url,
    port: await freePort(),
    controllerFlags: CONTROLLERS,
  });
  const server = await JobsServer.start({
    folder: join(folder, "jobs"),
    flags: ["--api", "--controllers"],
  });
  const real = new Mirror("Kubernetes", new ApiClient(plane.url, plane.token));
  try {
    if (server === undefined) return;
    await plane.startApiServer();
    plane.startControllers();
    const ours = new Mirror("nodetcd", new ApiClient(server.url));
    real.start();
    ours.start();
    console.log(`Kubernetes ${KUBERNETES_VERSION} beside nodetcd: SEED=${seed} COUNT=${count}`);
    const failed = await runAll(real, ours);
    console.log(`${cases.length - failed} of ${cases.length} specifications went the same way`);
    process.exitCode = failed === 0 ? 0 : 1;
    ours.stop();
  } finally {
    real.stop();
    await server?.stop();
    await plane.stop();
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
