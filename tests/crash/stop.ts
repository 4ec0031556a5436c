/**
 * SIGTERM or SIGINT under load, again and again on the same data directory: the member ends with exit code 0
 * in time, and starts again with everything that it acknowledged.
 *
 *     SEED=1 ROUNDS=40 tsx tests/crash/stop.ts
 *
 * Signals come at a random moment under load, some of them twice; between rounds also in the first
 * moments of a start. `SUBJECT=etcd` tries real etcd instead, which ends by the signal itself, and too late
 * (7 s) when a client does not read.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../peers.ts";
import { type ExitStatus, ServerProcess, type SignalName } from "../processes.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { Company } from "./company.ts";
import { Load } from "./load.ts";
import { type Campaign, checkFile, newCampaign, start } from "./round.ts";
import { verify } from "./verify.ts";

/** How long a stop may take, in milliseconds. */
const STOP_MS = 5_000;
/** Rounds on one data directory before a fresh one is begun. */
const ROUNDS_PER_DIRECTORY = 20;
/** Every so many rounds the whole history is read again. */
const WHOLE_EVERY = 10;
const LOAD = { connections: 16, workers: 64 };

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Stopped {
  readonly status: ExitStatus;
  readonly tookMs: number;
  /** What the threads of a process that did not end were waiting for. */
  readonly stuck: string | undefined;
}

/** Sends the signal, twice if told to, and waits for the end; after `STOP_MS` it is killed. */
async function stop(
  server: ServerProcess,
  signal: SignalName,
  again: number | undefined,
): Promise<Stopped> {
  const from = performance.now();
  server.signal(signal);
  if (again !== undefined) void sleep(again).then(() => server.signal(signal));
  let stuck: string | undefined;
  const timer = setTimeout(() => {
    stuck = threadsOf(server.pid);
    server.signal("SIGKILL");
  }, STOP_MS);
  const status = await server.exited;
  clearTimeout(timer);
  return { status, tookMs: performance.now() - from, stuck };
}

/** Name, state and kernel function of each thread, as far as /proc tells. */
function threadsOf(pid: number): string {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks)
      .map((id) => {
        const read = (name: string): string => readFileSync(join(tasks, id, name), "utf8").trim();
        const state = /State:\s*(\S+)/.exec(read("status"))?.[1] ?? "?";
        return `${id} ${read("comm")} ${state} ${read("wchan")}`;
      })
      .join("; ");
  } catch (error) {
    return String(error);
  }
}

/** Load, signal, end, restart, verification. */
async function round(campaign: Campaign, whole: boolean, stops: number[]): Promise<string[]> {
  const { random, records, verified, directory, subject } = campaign;
  const faults: string[] = [];
  if (random.chance(25)) faults.push(...(await stopWhileStarting(campaign)));
  const server = await start(campaign);
  const load = new Load(server.url, records, random, LOAD);
  const company = new Company(server.url, records, random);
  await sleep(random.between(20, 1200));
  const signal = random.chance(25) ? "SIGINT" : "SIGTERM";
  const again = random.chance(20) ? random.between(0, 50) : undefined;
  const stopped = await stop(server, signal, again);
  stops.push(stopped.tookMs);
  await load.stop();
  company.close();

  const how = `${signal}${again === undefined ? "" : ` again after ${again} ms`}`;
  const expected = subject.name === "etcd" ? signal : 0;
  if (stopped.stuck !== undefined) faults.push(`${how}: no end in time; threads: ${stopped.stuck}`);
  if (stopped.status !== expected) {
    faults.push(`${how}: ended with ${stopped.status} after ${stopped.tookMs.toFixed(0)} ms`);
    faults.push(server.tail());
  }
  const left = readdirSync(join(directory, "member", "wal")).filter((name) =>
    /^\d\.tmp$/.test(name),
  );
  if (left.length > 0 && subject.name !== "etcd") faults.push(`left behind: ${left.join(", ")}`);
  faults.push(...(await checkFile(directory)));

  const restarted = await start(campaign);
  try {
    faults.push(...(await verify(restarted.url, records, verified, whole)));
  } finally {
    const idle = await stop(restarted, "SIGTERM", undefined);
    if (idle.stuck !== undefined) faults.push(`idle: no end in time; threads: ${idle.stuck}`);
  }
  return faults;
}

/** In its first moments a program has no handler yet: it may end by the signal itself. */
async function stopWhileStarting(campaign: Campaign): Promise<string[]> {
  const { clientPort, peerPort } = campaign.ports;
  const server = new ServerProcess(
    campaign.subject,
    { client: clientPort, peer: peerPort },
    { dataDirectory: campaign.directory },
  );
  const afterMs = campaign.random.between(1, 600);
  await sleep(afterMs);
  const { status, stuck } = await stop(server, "SIGTERM", undefined);
  const how = `SIGTERM ${afterMs} ms after the start`;
  if (stuck !== undefined) return [`${how}: no end in time; threads: ${stuck}`];
  return status === 0 || status === "SIGTERM"
    ? []
    : [`${how}: ended with ${status}`, server.tail()];
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const seed = chosenSeed();
  const rounds = Number(process.env["ROUNDS"] ?? 3);
  console.log(`stops of ${subject.name} ${subject.version}: SEED=${seed} ROUNDS=${rounds}`);
  const random = new Seeded(seed);
  const stops: number[] = [];
  let campaign = await newCampaign(subject, random);
  let acknowledged = 0;
  for (let number = 1; number <= rounds; number++) {
    const faults = await round(campaign, number % WHOLE_EVERY === 0 || number === rounds, stops);
    if (faults.length > 0) {
      console.log(`FAILED in round ${number} (SEED=${seed}); kept: ${campaign.directory}`);
      for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
      process.exitCode = 1;
      return;
    }
    if (number % WHOLE_EVERY === 0) {
      console.log(`  round ${number}: ${campaign.records.acknowledged.size} acknowledged writes`);
    }
    if (number % ROUNDS_PER_DIRECTORY === 0 || number === rounds) {
      acknowledged += campaign.records.acknowledged.size;
      rmSync(campaign.directory, { recursive: true, force: true });
      if (number < rounds) campaign = await newCampaign(subject, random);
    }
  }
  const sorted = stops.toSorted((a, b) => a - b);
  const median = (sorted[sorted.length >> 1] ?? 0).toFixed(0);
  const longest = (sorted.at(-1) ?? 0).toFixed(0);
  console.log(`${rounds} rounds, ${acknowledged} acknowledged writes, none lost`);
  console.log(`stops took ${median} ms (median), ${longest} ms at most`);
}

await main();
