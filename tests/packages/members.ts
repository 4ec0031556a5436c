/**
 * Members in memory, many of them: 200 started and stopped in one process, and 50 test files that run at the same time, each with its own;
 * beside PGlite, and a real etcd that is spawned. Says what a start takes and a member costs, and fails when something is left.
 *
 *     FILES=50 npm run prove -- members [COUNT]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Etcd, startEtcd } from "nodetcd";
import { peer } from "../peers.ts";
import { startServer, temporaryDirectory } from "../processes.ts";
import { install, pack, tools } from "./steps.ts";

const COUNT = Number(process.argv[2] ?? 200);
const FILES = Number(process.env["FILES"] ?? 50);
/** Members that run at the same time, to see what one of them costs. */
const TOGETHER = 20;
const MB = 1_000_000;

/** The temporary folder of this process and of the test files: nobody else's leftovers are in it. */
const TEMPORARY = temporaryDirectory("members-tmp");
process.env["TMPDIR"] = TEMPORARY;
process.on("exit", () => fs.rmSync(TEMPORARY, { recursive: true, force: true }));

interface Left {
  readonly descriptors: number;
  readonly handles: string;
  readonly folders: number;
}

/** What could be left behind, after everything has had a turn to go away. */
async function left(): Promise<Left> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const handles = process.getActiveResourcesInfo().filter((name) => !name.endsWith("Wrap"));
  const folders = fs.readdirSync(TEMPORARY).length;
  return { descriptors: fs.readdirSync("/proc/self/fd").length, handles: handles.join(), folders };
}

function quantile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)} ms`;
}

function row(what: string, times: readonly number[], megabytes: number): void {
  const [first, ...rest] = times;
  const cells = [`${first!.toFixed(0)} ms`, quantile(rest, 0.5), quantile(rest, 0.99)];
  console.log(`| ${what} | ${cells.join(" | ")} | ${megabytes.toFixed(1)} MB |`);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function rss(): number {
  collect();
  return process.memoryUsage().rss;
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  times.push(performance.now() - begun);
  return result;
}

/** What one of twenty costs that run at the same time, each with 1,000 keys of 100 bytes; in MB. */
async function memoryOfOne(): Promise<number> {
  await (await startEtcd()).stop();
  const empty = rss();
  const members: Etcd[] = [];
  for (let i = 0; i < TOGETHER; i++) members.push(await startEtcd());
  for (const { client } of members) {
    for (let key = 0; key < 1_000; key++) await client.put(`k${key}`, "v".repeat(100));
  }
  const each = (rss() - empty) / TOGETHER / MB;
  await Promise.all(members.map((member) => member.stop()));
  return each;
}

/** 200 one after the other. */
async function ours(): Promise<void> {
  const each = await memoryOfOne();
  const times: number[] = [];
  const cycle = async (): Promise<void> => {
    const etcd = await timed(times, () => startEtcd());
    await etcd.client.put("a", "1");
    const watcher = etcd.client.watch("a");
    await watcher.ready;
    (await etcd.client.leases.grant(60)).keepAlive();
    await etcd.stop();
  };
  await cycle();
  const before = await left();
  for (let i = 1; i < COUNT; i++) await cycle();
  const after = await left();
  if (JSON.stringify(after) !== JSON.stringify(before)) {
    throw new Error(`left behind: ${JSON.stringify(after)}, before ${JSON.stringify(before)}`);
  }
  row("nodetcd in memory", times, each);
}

async function pglite(): Promise<void> {
  const found = await tools("@electric-sql/pglite");
  if (found === undefined) return;
  const url = join(found, "@electric-sql", "pglite", "dist", "index.js");
  const { PGlite } = (await import(url)) as {
    PGlite: { create(): Promise<{ exec(sql: string): Promise<unknown>; close(): Promise<void> }> };
  };
  const times: number[] = [];
  const empty = rss();
  const all = [];
  for (let i = 0; i < 6; i++) {
    const db = await timed(times, () => PGlite.create());
    await db.exec("create table t (k text primary key, v text)");
    all.push(db);
  }
  row("PGlite in memory (6)", times, (rss() - empty) / all.length / MB);
  for (const db of all) await db.close();
}

async function realEtcd(): Promise<void> {
  const etcd = peer("etcd");
  if (etcd === undefined) return;
  const times: number[] = [];
  let resident = 0;
  for (let i = 0; i < 6; i++) {
    const server = await timed(times, () => startServer(etcd));
    const status = fs.readFileSync(`/proc/${server.pid}/status`, "utf8");
    resident += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
    await server.stop();
  }
  row(`etcd ${etcd.version}, spawned (6)`, times, resident / 6);
}

const TEST_FILE = `
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEtcd } from "nodetcd";
test("has a member", async () => {
  const etcd = await startEtcd();
  await etcd.client.put("a", "1");
  assert.equal((await etcd.client.get("a")).text(), "1");
  await etcd.stop();
});
`;

/** Test files of somebody's project, each a process of its own, all at the same time. */
async function parallelFiles(): Promise<void> {
  const folder = temporaryDirectory("members");
  try {
    const { nodetcd } = await pack(join(folder, "packed"));
    const project = join(folder, "project");
    if (!(await install(project, [nodetcd!]))) return;
    for (let i = 0; i < FILES; i++) fs.writeFileSync(join(project, `${i}.test.mjs`), TEST_FILE);
    const before = fs.readdirSync(TEMPORARY).length;
    const begun = performance.now();
    const args = ["--test", `--test-concurrency=${FILES}`];
    const child = spawn(process.execPath, args, {
      cwd: project,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [status] = (await once(child, "close")) as [number];
    const passed = /^# pass (\d+)$/m.exec(said)?.[1];
    if (status !== 0 || passed !== String(FILES))
      throw new Error(`${status}, ${passed} passed: ${said}`);
    const after = fs.readdirSync(TEMPORARY).length;
    if (after !== before) throw new Error(`${after - before} folders are left`);
    console.log(
      `\n${FILES} test files at the same time: ${((performance.now() - begun) / 1000).toFixed(1)} s, nothing left`,
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

console.log(`| ${COUNT} starts | first | p50 | p99 | memory a member |\n|---|---|---|---|---|`);
await ours();
await pglite();
await realEtcd();
if (FILES > 0) await parallelFiles();
