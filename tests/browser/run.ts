/**
 * The pages of the console in a real Chromium, before real clusters: each page's main tasks, axe in both
 * themes, no console error, no violation of the policy. `npm run prove -- browser --only keys` runs those
 * tasks whose name has the word; `--cluster` names one of the clusters.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { findings } from "./accessibility.ts";
import { findChromium, launchBrowser } from "./browser.ts";
import { openScene, type Task } from "./scene.ts";
import { seed } from "./seed.ts";
import { type Stage, startStage } from "./stage.ts";
import { CLUSTER_TASKS } from "./tasks/cluster.ts";
import { JOBS_TASKS } from "./tasks/jobs.ts";
import { KEYS_TASKS } from "./tasks/keys.ts";
import { STATE_TASKS } from "./tasks/state.ts";
import { WORK_TASKS } from "./tasks/work.ts";

const TASKS: readonly Task[] = [...CLUSTER_TASKS, ...KEYS_TASKS, ...STATE_TASKS, ...WORK_TASKS];
const ROOT = join(import.meta.dirname, "..", "..");

interface Cluster {
  readonly name: string;
  readonly program: string | undefined;
  readonly members: 1 | 3;
  /** Whether `nodetcd jobs` is beside it. */
  readonly jobs: boolean;
  readonly missing: string;
}

function clusters(): Cluster[] {
  const real = process.env["ETCD_BIN"];
  const debian = ["/usr/bin/etcd"].find((path) => existsSync(path));
  return [
    {
      name: "three-of-etcd",
      program: real,
      members: 3,
      jobs: false,
      missing: "set ETCD_BIN to an etcd 3.7",
    },
    { name: "etcd-3.4", program: debian, members: 1, jobs: false, missing: "no /usr/bin/etcd" },
    {
      name: "one-nodetcd",
      program: join(ROOT, "bin", "nodetcd"),
      members: 1,
      jobs: true,
      missing: "",
    },
  ];
}

async function runTask(browser: Browser, stage: Stage, task: Task): Promise<string[]> {
  const scene = await openScene(browser, stage);
  try {
    await task.run(scene);
    return scene.problems;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [...scene.problems, text.split("\n").slice(0, 8).join("\n    ")];
  } finally {
    await scene.close();
  }
}

async function runCluster(browser: Browser, cluster: Cluster, only: string): Promise<number> {
  const stage = await startStage({
    name: cluster.name,
    program: cluster.program!,
    members: cluster.members,
    ...(cluster.jobs ? { jobs: join(ROOT, "bin", "nodetcd") } : {}),
  });
  let failed = 0;
  const report = (name: string, problems: readonly string[], ms: number): void => {
    failed += problems.length === 0 ? 0 : 1;
    console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${name} (${Math.round(ms)} ms)`);
    for (const problem of problems) console.log(`    ${problem}`);
  };
  try {
    const data = await seed(stage.client);
    console.log(`\n${cluster.name}: ${cluster.program}, ${cluster.members} member(s)`);
    const tasks = [...TASKS, ...(cluster.jobs ? JOBS_TASKS : [])];
    const users = await stage.client.auth.users().catch(() => undefined);
    for (const task of tasks.filter(({ name }) => name.includes(only))) {
      if (users === undefined && task.name.startsWith("access:")) {
        console.log(`NOT TESTED: ${task.name}: this member has no users yet`);
        continue;
      }
      const began = performance.now();
      report(task.name, await runTask(browser, stage, task), performance.now() - began);
    }
    if ("axe".includes(only)) {
      const began = performance.now();
      const found = await findings(browser, stage).catch((error: unknown) => [String(error)]);
      report("axe: no finding on any page, in both themes", found, performance.now() - began);
    }
    await data.stop();
  } finally {
    await stage.stop();
  }
  return failed;
}

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, cluster: { type: "string", default: "" } },
});
const chromium = findChromium();
if (chromium === undefined) {
  console.error("No Chromium: set CHROMIUM_BIN, or install Debian's chromium. Nothing was tested.");
  process.exit(1);
}
const browser = await launchBrowser(chromium);
let failed = 0;
for (const cluster of clusters().filter(({ name }) => name.includes(values.cluster))) {
  if (cluster.program === undefined) {
    console.error(`NOT TESTED: ${cluster.name}: ${cluster.missing}`);
    failed++;
    continue;
  }
  failed += await runCluster(browser, cluster, values.only);
}
await browser.close();
console.log(failed === 0 ? "\nbrowser: all is well" : `\nbrowser: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
