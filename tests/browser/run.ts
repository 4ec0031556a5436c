/**
 * The pages of the console in a real Chromium, before real clusters: each page's main tasks by mouse and by keyboard
 * alone, axe in both themes, no console error, no violation of the policy. `npm run prove -- console --only keys,axe`
 * runs those whose name has one of the words; `--cluster` names one of the clusters, which otherwise run two at a time.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { findings } from "./accessibility.ts";
import { findChromium, launchBrowser } from "./browser.ts";
import { openScene, type Task } from "./scene.ts";
import { seed } from "./seed.ts";
import { ANY_DISK_MS, type Stage, startStage } from "./stage.ts";
import { CLUSTER_TASKS } from "./tasks/cluster.ts";
import { HOSTILE_TASKS } from "./tasks/hostile.ts";
import { JOBS_TASKS } from "./tasks/jobs.ts";
import { KEYBOARD_TASKS } from "./tasks/keyboard.ts";
import { KEYS_TASKS } from "./tasks/keys.ts";
import { PEOPLE_TASKS, turnUsersOff } from "./tasks/people.ts";
import { STATE_TASKS } from "./tasks/state.ts";
import { WORK_TASKS } from "./tasks/work.ts";

const TASKS: readonly Task[] = [
  ...CLUSTER_TASKS,
  ...KEYS_TASKS,
  ...STATE_TASKS,
  ...WORK_TASKS,
  ...KEYBOARD_TASKS,
  ...HOSTILE_TASKS,
];
/** Clusters at once: while one waits for a gate the other is busy. */
const LANES = 2;
const AXE = "axe: no finding on any page, in both themes";
const ROOT = join(import.meta.dirname, "..", "..");

interface Cluster {
  readonly name: string;
  /** What is done there instead of `TASKS` and axe. */
  readonly only?: readonly Task[];
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
    {
      name: "users-of-etcd",
      program: real,
      members: 1,
      jobs: false,
      missing: "set ETCD_BIN to an etcd 3.7",
      only: PEOPLE_TASKS,
    },
    {
      name: "users-of-nodetcd",
      program: join(ROOT, "bin", "nodetcd"),
      members: 1,
      jobs: false,
      missing: "",
      only: PEOPLE_TASKS,
    },
    {
      name: "three-of-nodetcd",
      program: join(ROOT, "bin", "nodetcd"),
      members: 3,
      jobs: false,
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

async function runCluster(
  browser: Browser,
  cluster: Cluster,
  words: readonly string[],
): Promise<number> {
  const began = performance.now();
  const stage = await startStage({
    name: cluster.name,
    program: cluster.program!,
    members: cluster.members,
    fsyncGateMs: ANY_DISK_MS,
    ...(cluster.jobs ? { jobs: join(ROOT, "bin", "nodetcd") } : {}),
  });
  const isWanted = (name: string): boolean => words.some((word) => name.includes(word));
  let failed = 0;
  console.log(`${cluster.name}: ${cluster.program}, ${cluster.members} member(s)`);
  const report = (name: string, problems: readonly string[], from: number): void => {
    failed += problems.length === 0 ? 0 : 1;
    const ms = Math.round(performance.now() - from);
    const mark = problems.length === 0 ? "ok  " : "FAIL";
    const lines = [`${mark} ${cluster.name}: ${name} (${ms} ms)`, ...problems];
    console.log(lines.join("\n    "));
  };
  try {
    const data = await seed(stage.client, cluster.only === undefined);
    const tasks = cluster.only ?? [...TASKS, ...(cluster.jobs ? JOBS_TASKS : [])];
    for (const task of tasks.filter(({ name }) => isWanted(name))) {
      const from = performance.now();
      report(task.name, await runTask(browser, stage, task), from);
    }
    if (cluster.only === undefined && isWanted(AXE)) {
      const from = performance.now();
      const found = await findings(browser, stage).catch((error: unknown) => [String(error)]);
      report(AXE, found, from);
    }
    if (cluster.only !== undefined) await turnUsersOff(stage.endpoints);
    await data.stop();
  } finally {
    await stage.stop();
    console.log(`${cluster.name}: ${Math.round((performance.now() - began) / 1_000)} s in all`);
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
const waiting = clusters().filter(({ name }) => name.includes(values.cluster));
/** Takes one cluster after the other until none is left. */
async function lane(): Promise<void> {
  for (let cluster = waiting.shift(); cluster !== undefined; cluster = waiting.shift()) {
    if (cluster.program === undefined) {
      console.error(`NOT TESTED: ${cluster.name}: ${cluster.missing}`);
      failed++;
      continue;
    }
    failed += await runCluster(browser, cluster, values.only.split(","));
  }
}
if (waiting.length === 0) {
  console.error(`There is no cluster "${values.cluster}": nothing was tested.`);
  failed++;
}
await Promise.all(Array.from({ length: LANES }, lane));
await browser.close();
console.log(failed === 0 ? "\nconsole: all is well" : `\nconsole: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
