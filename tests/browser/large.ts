/**
 * The tree over a million keys, and a watch under load, measured: `npm run prove -- console-large`. The console is a process of
 * its own, as people start it; the member, the browser and who writes are others.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { op } from "@nodetcd/client";
import { findChromium, launchBrowser } from "./browser.ts";
import { openScene, type Scene } from "./scene.ts";
import { cleanEnvironment, freePort } from "../processes.ts";
import { type Stage, startStage } from "./stage.ts";

const KEYS = Number(process.env["KEYS"] ?? 1_000_000);
const TXN = 1_000;
/** Events a second that the watch is put under, and for how long. */
const EVENTS_PER_SECOND = 20_000;
const LOAD_MS = 8_000;

const chromium = findChromium();
const program = process.env["ETCD_BIN"];
if (chromium === undefined || program === undefined) {
  console.error(
    "Set ETCD_BIN, and CHROMIUM_BIN if chromium is not on the PATH. Nothing was measured.",
  );
  process.exit(1);
}
const stage = await startStage({
  name: "million",
  program,
  members: 1,
  flags: ["--max-txn-ops", String(TXN), "--quota-backend-bytes", String(4 * 2 ** 30)],
});
const browser = await launchBrowser(chromium);
const report = (what: string, value: string): void => console.log(`${what.padEnd(52)} ${value}`);

await fill(stage);
const { url, child } = await startProgram(stage);
const scene = await openScene(browser, {
  ...stage,
  console: { url, close: async () => undefined },
});
report("memory of the console's process, new", residentOf(child.pid!));
await tree(scene);
await search(scene);
report("  with its index", residentOf(child.pid!));
await watch(scene, stage);
report("  after the watch", residentOf(child.pid!));
report("memory of the browser's processes together", await browserMemory());
child.kill("SIGKILL");
console.log(scene.problems.length === 0 ? "no problem in the page" : scene.problems.join("\n"));
await scene.close();
await browser.close();
await stage.stop();
process.exit(0);

/** `nodetcd console` before the cluster. */
async function startProgram({
  name,
  endpoints,
}: Stage): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort();
  const program = join(import.meta.dirname, "..", "..", "bin", "nodetcd");
  const flags = ["--endpoints", endpoints.join(), "--listen", `127.0.0.1:${port}`, "--name", name];
  const child = spawn(program, ["console", ...flags, "--state-dir", "none"], {
    env: cleanEnvironment(),
    stdio: ["ignore", "ignore", "inherit"],
  });
  process.on("exit", () => child.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}/`;
  while (
    !(await fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false))
  ) {
    if (child.exitCode !== null) throw new Error(`the console ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, child };
}

function memory(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function kibibytes(pid: number, field: RegExp, file: string): number {
  return Number(field.exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1] ?? 0);
}

function residentOf(pid: number): string {
  return memory(kibibytes(pid, /VmRSS:\s+(\d+)/, "status") * 1_024);
}

/** What is shared between processes is divided among them. */
async function browserMemory(): Promise<string> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const all = processInfo.map(({ id, type }) => ({
    type,
    bytes: kibibytes(id, /^Pss:\s+(\d+)/m, "smaps_rollup") * 1_024,
  }));
  const sum = (of: typeof all): number => of.reduce((total, { bytes }) => total + bytes, 0);
  const pages = all.filter(({ type }) => type === "renderer");
  return `${memory(sum(all))}, of them its pages ${memory(sum(pages))}`;
}

/** Half events in one flat folder, the others as pods of a hundred namespaces. */
async function fill({ client }: Stage): Promise<void> {
  const began = performance.now();
  let next = 0;
  const name = (at: number): string =>
    at % 2 === 0
      ? `/registry/events/event.${at.toString(16).padStart(8, "0")}`
      : `/registry/pods/ns-${at % 97}/pod-${at.toString(16).padStart(8, "0")}`;
  const worker = async (): Promise<void> => {
    while (next < KEYS) {
      const from = next;
      next += TXN;
      const puts = Array.from({ length: TXN }, (_, at) => op.put(name(from + at), "x".repeat(64)));
      await client
        .txn()
        .then(...puts)
        .commit();
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  report(`${KEYS} keys written`, `${((performance.now() - began) / 1_000).toFixed(1)} s`);
}

async function tree({ go, page }: Scene): Promise<void> {
  await go("/cluster");
  const times: number[] = [];
  for (let at = 0; at < 5; at++) {
    const began = performance.now();
    await page.goto(page.url().replace(/\/\w+$/, "/keys"));
    await page.getByRole("treeitem").first().waitFor();
    times.push(performance.now() - began);
  }
  report("first line of the tree after loading the page", median(times));
  await timed("opens /registry/ with its sizes", async () => {
    await page.getByRole("treeitem", { name: /\/registry\// }).click();
    await page.getByRole("treeitem", { name: /^events\/500,000|^events\// }).waitFor();
  });
  await timed("opens a folder of half a million keys", async () => {
    await page.getByRole("treeitem", { name: /^events\// }).click();
    await page.getByRole("treeitem", { name: "event.00000000" }).waitFor();
  });
  const frames = (await page.evaluate(`new Promise((resolve) => {
    const tree = document.querySelector(".tree");
    const times = [];
    let last = performance.now();
    const end = last + 6000;
    const step = (now) => {
      times.push(now - last);
      last = now;
      tree.scrollTop += 400;
      if (now < end) requestAnimationFrame(step);
      else resolve({ times, rows: Number(tree.scrollTop / 28), lines: document.querySelectorAll("[role=treeitem]").length });
    };
    requestAnimationFrame(step);
  })`)) as { times: number[]; rows: number; lines: number };
  const sorted = frames.times.toSorted((a, b) => a - b);
  report(
    `scrolled over ${Math.round(frames.rows)} lines for 6 s`,
    `frames: p50 ${sorted[sorted.length >> 1]!.toFixed(0)}, p99 ${sorted[Math.floor(sorted.length * 0.99)]!.toFixed(0)}, longest ${sorted.at(-1)!.toFixed(0)} ms; ${frames.times.filter((ms) => ms > 50).length} of ${sorted.length} over 50 ms`,
  );
  report("lines in the page at a time", String(frames.lines));
  const heap = (await page.evaluate("performance.memory?.usedJSHeapSize ?? 0")) as number;
  report("memory of the page's script", memory(heap));
}

async function search({ page }: Scene): Promise<void> {
  await page.keyboard.press("/");
  await timed("search answers: first found", async () => {
    await page.locator("[data-search]").fill("pod-0000ab");
    await page.locator(".found .hit, .found button").first().waitFor();
  });
  const says = async (): Promise<string> =>
    (await page.locator(".found [role=status]").innerText()).trim();
  report("  it says", await says());
  // The first search has begun an index. A pattern that is nowhere has to be held against every key.
  const began = performance.now();
  for (let at = 0; ; at++) {
    const from = performance.now();
    await page.locator("[data-search]").fill(`nowhere-${at}`);
    const done = page.locator(".found").getByText(/^0 found of/);
    const isDone = await done.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
    if (isDone) {
      report(
        "  all keys are in its index",
        `${((from - began) / 1_000).toFixed(1)} s later at most`,
      );
      report(
        "a search through all keys",
        `${Math.round(performance.now() - from)} ms; ${await says()}`,
      );
      return;
    }
  }
}

/** A watch over everything while very much is written: how long the page takes to answer a click. */
async function watch({ go, page }: Scene, { client }: Stage): Promise<void> {
  await go("/watch");
  await page.waitForTimeout(1_000);
  const end = performance.now() + LOAD_MS;
  let written = 0;
  const writer = async (): Promise<void> => {
    while (performance.now() < end) {
      const base = written;
      written += 500;
      const puts = Array.from({ length: 500 }, (_, at) =>
        op.put(`/load/${(base + at) % 5_000}`, "x"),
      );
      await client
        .txn()
        .then(...puts)
        .commit();
      const ahead = written / EVENTS_PER_SECOND - (performance.now() - (end - LOAD_MS)) / 1_000;
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead * 1_000));
    }
  };
  const answers = (async () => {
    const times: number[] = [];
    while (performance.now() < end) {
      await page.waitForTimeout(300);
      const ms = (await page.evaluate(`new Promise((resolve) => {
        const began = performance.now();
        setTimeout(() => requestAnimationFrame(() => resolve(performance.now() - began)), 0);
      })`)) as number;
      times.push(ms);
    }
    return times;
  })();
  await Promise.all([writer(), writer(), writer()]);
  const times = (await answers).toSorted((a, b) => a - b);
  report(
    "events a second that the watch was under",
    String(Math.round(written / (LOAD_MS / 1_000))),
  );
  report(
    "the page answers meanwhile",
    `p50 ${times[times.length >> 1]!.toFixed(0)}, longest ${times.at(-1)!.toFixed(0)} ms`,
  );
  report("  it says", (await page.locator(".head [role=status]").innerText()).trim());
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await work();
  report(what, `${Math.round(performance.now() - began)} ms`);
}

function median(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${Math.round(sorted[sorted.length >> 1]!)} ms (median of ${times.length}, longest ${Math.round(sorted.at(-1)!)})`;
}
