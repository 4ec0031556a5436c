/**
 * What annotations of CronJobs ask for, on whole `nodetcd jobs` whose clock makes a minute of each second: both changes
 * of the clock in Berlin, jitter, missed slots after the process was killed, a pause after failures.
 *
 *     npm run prove -- jobs-annotations
 */
import { deepStrictEqual as equal, ok } from "node:assert";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../../peers.ts";
import { temporaryDirectory } from "../../processes.ts";
import { jitterOf } from "../../../packages/jobs/src/controllers/cron-job/options.ts";
import { type Line, RapidJobs } from "./rapid-jobs.ts";

const MINUTE_MS = 60_000;
/** How late a Job may be on a busy machine, by the fast clock: ten real seconds. */
const LATE_MS = 10 * MINUTE_MS;
/** For the start: a minute of the machine. */
const START_MS = 60 * MINUTE_MS;
const BERLIN = { schedule: "30 2 * * *", timeZone: "Europe/Berlin" };

const ran = (lines: readonly Line[]): string[] =>
  lines
    .filter(({ decision }) => decision === "Ran" || decision === "CaughtUp")
    .map(({ slot }) => new Date(slot).toISOString().slice(11, 16));

/** Over the hour in which the clock changes: 01:00 UTC, on both days. */
async function changeOfClock(
  folder: string,
  day: string,
  once: string[],
  plain: string[],
): Promise<void> {
  const jobs = await RapidJobs.start(folder, Date.parse(`${day}T00:00:00Z`) - START_MS);
  try {
    await jobs.create("once", { "dst-policy": "once" }, BERLIN);
    await jobs.create("plain", {}, BERLIN);
    ok(jobs.now < Date.parse(`${day}T00:29:00Z`), "the start took too long");
    await jobs.until(Date.parse(`${day}T01:40:00Z`) + LATE_MS);
    equal(ran(await jobs.lines("once")), once);
    equal(ran(await jobs.lines("plain")), plain);
    console.log(`  ${day}: with dst-policy once ${once.join()}, else ${plain.join() || "never"}`);
  } finally {
    await jobs.kill();
  }
}

const JITTER_MS = 8 * MINUTE_MS;

/** Each Job comes by its slot's own amount late. */
async function checkJitter(jobs: RapidJobs): Promise<void> {
  const { uid } = (await jobs.cronJob("jitter")).metadata;
  const made = await jobs.list("/apis/batch/v1/namespaces/default/jobs");
  const delays = (await jobs.lines("jitter")).flatMap(({ slot, jobName }) => {
    const job = made.find(({ metadata }) => metadata.name === jobName);
    if (job === undefined) return [];
    const wanted = jitterOf({ metadata: { uid } } as never, slot, { jitterMs: JITTER_MS } as never);
    return [{ wanted, found: Date.parse(job.metadata.creationTimestamp) - slot }];
  });
  ok(delays.length >= 3, `there are ${delays.length} Jobs`);
  for (const { wanted, found } of delays) {
    ok(found >= wanted - 1_000 && found < wanted + LATE_MS, `${found} ms late, not ${wanted}`);
  }
  ok(new Set(delays.map(({ wanted }) => wanted)).size > 1, "all are late by the same");
  const shown = delays.map(({ wanted, found }) => `${seconds(found)} (${seconds(wanted)})`);
  console.log(
    `  jitter-seconds 480: Jobs came so late, in seconds (and should): ${shown.join(", ")}`,
  );
}

const seconds = (ms: number): number => Math.round(ms / 1_000);

/** What became of the slots between two times, in their order. */
function between(lines: readonly Line[], from: number, to: number): string[] {
  return lines.filter(({ slot }) => slot > from && slot < to).map(({ decision }) => decision);
}

/** Slots come while the process is dead; then as the annotation says. */
async function missSlots(jobs: RapidJobs): Promise<void> {
  const every = { schedule: "*/5 * * * *" };
  await jobs.create("latest", {}, every);
  await jobs.create("all", { "catch-up": "all" }, every);
  await jobs.create("newest-two", { "catch-up": "all", "max-catch-up": "2" }, every);
  await jobs.create("none", { "catch-up": "none" }, every);
  await jobs.create(
    "jitter",
    { "jitter-seconds": String(JITTER_MS / 1_000) },
    { schedule: "*/15 * * * *" },
  );
  await jobs.create(
    "failing",
    { "pause-after-failures": "3" },
    { ...every, concurrencyPolicy: "Forbid" },
    ["false"],
  );
  await jobs.until(jobs.now + 65 * MINUTE_MS);
  await checkJitter(jobs);
  await checkPause(jobs);
  // Two minutes after a slot, so that none is being decided when it dies.
  const from = Math.ceil(jobs.now / (5 * MINUTE_MS)) * 5 * MINUTE_MS + 2 * MINUTE_MS;
  await jobs.until(from);
  await jobs.kill();
  const to = from + 25 * MINUTE_MS;
  await jobs.until(to);
  await jobs.resume();
  // Some are missed while it starts.
  const back = jobs.now;
  await jobs.until(back + LATE_MS + 10 * MINUTE_MS);
  const missed = async (name: string): Promise<string[]> =>
    between(await jobs.lines(name), from, Math.floor(to / MINUTE_MS) * MINUTE_MS);
  const five = (decision: string): string[] => Array.from({ length: 5 }, () => decision);
  equal(await missed("all"), five("CaughtUp"));
  equal(await missed("none"), five("TooLate"));
  for (const [name, newest] of [
    ["latest", 1],
    ["newest-two", 2],
  ] as const) {
    const found = between(await jobs.lines(name), from, jobs.now);
    const older = found.findIndex((decision) => decision !== "Superseded");
    ok(older >= 5 - newest, `${name}: ${found.join()}`);
    equal(
      found.slice(older, older + newest),
      Array.from({ length: newest }, () => "CaughtUp"),
    );
  }
  console.log(
    "  five slots and those of the start missed: catch-up latest, all, the newest two, none",
  );
}

async function checkPause(jobs: RapidJobs): Promise<void> {
  equal((await jobs.cronJob("failing")).spec?.["suspend"], true);
  const lines = await jobs.lines("failing");
  equal(ran(lines).length, 3);
  console.log(`  pause-after-failures 3: suspended after three Jobs`);
}

async function main(): Promise<void> {
  if (peer("nodetcd") === undefined) return;
  const folder = temporaryDirectory("nodetcd-jobs-annotations");
  try {
    await Promise.all([
      changeOfClock(join(folder, "spring"), "2026-03-29", ["01:00"], []),
      changeOfClock(join(folder, "autumn"), "2026-10-25", ["00:30"], ["00:30", "01:30"]),
    ]);
    const jobs = await RapidJobs.start(join(folder, "missed"), Date.parse("2026-06-01T10:01:00Z"));
    try {
      await missSlots(jobs);
    } catch (error) {
      console.log(jobs.tail());
      throw error;
    } finally {
      await jobs.kill();
    }
    console.log("annotations of CronJobs: as they say");
  } catch (error) {
    console.log(`FAILED: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();
