/**
 * Three controllers, three workers and an API on three members, killed at random under CronJobs of every kind. Each slot
 * has at most one Job and exactly one line in the ledger, Jobs end as they are made to, no attempt starts twice, and no
 * process outlives its pod.
 *
 *     SEED=1 ROUNDS=50 npm run prove -- jobs-failures
 *
 * `ONLY="kill a worker"` strikes with that alone. `PLANTED=ledger` and `PLANTED=restart` plant bugs that must be found.
 * The order of events between processes is not repeated by the seed, what befalls them is.
 */
import { Client } from "@nodetcd/client";
import { type CronJob, CRON_JOBS, isReason, JOBS, ObjectStore, PODS, SLOTS } from "@nodetcd/jobs";
import type { Clock } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { patiently, sleep } from "../../clusters/patience.ts";
import { ProcessCluster } from "../../clusters/process-cluster.ts";
import { peer } from "../../peers.ts";
import { temporaryDirectory } from "../../processes.ts";
import { chosenSeed, Seeded } from "../../seeded.ts";
import { Attempts } from "./attempts.ts";
import { Company } from "./company.ts";
import { compressedClock } from "./compressed-clock.ts";
import { Disasters } from "./disasters.ts";
import { History } from "./history.ts";
import { Watchman } from "./watchman.ts";
import { cronJobOf, WORKS } from "./works.ts";

/** A minute of the schedules is seven and a half seconds. */
const SPEED = 8;
const MINUTE_MS = 60_000;
const EACH = 3;
/** Real milliseconds until the first Jobs must be there, and until all must have ended. */
const FIRST_MS = 180_000;
const REST_MS = 120_000;
/** How long it is waited for a further Job. */
const PROGRESS_MS = 20_000;
/** How long after a slot something may happen, in real milliseconds. */
const AFTER_SLOT_MS = 400;
const PROGRESS_EVERY = 10;

class Campaign {
  readonly #store: ObjectStore;
  readonly #company: Company;
  readonly #attempts: Attempts;
  readonly #disasters: Disasters;
  readonly #random: Seeded;
  readonly #watchman: Watchman;
  readonly #clock: Clock;
  #history: History | undefined;

  constructor(
    store: ObjectStore,
    world: { company: Company; attempts: Attempts; disasters: Disasters; random: Seeded },
  ) {
    this.#store = store;
    this.#company = world.company;
    this.#attempts = world.attempts;
    this.#disasters = world.disasters;
    this.#random = world.random;
    this.#clock = store.runtime.clock;
    this.#watchman = new Watchman(store, world.attempts, world.company);
  }

  async begin(): Promise<void> {
    const { resourceVersion } = await patiently(() => this.#store.list(JOBS));
    this.#history = new History(this.#store, Number(resourceVersion));
    for (const [name, work] of Object.entries(WORKS)) {
      const cronJob = cronJobOf(name, work, this.#attempts.marks);
      await patiently(() => this.#create(cronJob));
    }
    const end = performance.now() + FIRST_MS;
    while (this.#attempts.count === 0) {
      if (performance.now() > end) throw new Error("No container has started");
      await sleep(100);
    }
  }

  async #create(cronJob: CronJob): Promise<void> {
    try {
      await this.#store.create(CRON_JOBS, cronJob);
    } catch (error) {
      // The answer to an earlier try came too late.
      if (!isReason(error, "AlreadyExists")) throw error;
    }
  }

  /** Lets something happen, mostly while a slot is being decided; gives the faults that showed so far. */
  async round(): Promise<readonly string[]> {
    if (this.#random.chance(60)) await this.#slot();
    await this.#disasters.strike(this.#disasters.pick());
    // Mostly until the others have gone on; else the next one strikes while they begin.
    if (this.#random.chance(70)) await this.#progress();
    await sleep(this.#random.between(300, 2_500));
    return [...this.#history!.faults, ...this.#watchman.faults];
  }

  /** Until a further slot has its Job, and a further container has started; or for long enough. */
  async #progress(): Promise<void> {
    const { jobs } = this.#history!;
    const { count } = this.#attempts;
    const end = performance.now() + PROGRESS_MS;
    const isOn = (): boolean => this.#history!.jobs > jobs && this.#attempts.count > count;
    while (!isOn() && performance.now() < end) await sleep(50);
  }

  /** Until shortly after the next slot. */
  async #slot(): Promise<void> {
    const left = MINUTE_MS - (this.#clock.wallTime() % MINUTE_MS);
    await sleep(left / SPEED + this.#random.below(AFTER_SLOT_MS));
  }

  get told(): string {
    return `${this.#history?.jobs} slots ran, ${this.#history?.ended.size} jobs ended, ${this.#attempts.count} containers started`;
  }

  /** No slots any more: all that runs ends. Gives all faults. */
  async end(): Promise<string[]> {
    await this.#disasters.end();
    const left = await this.#comeToRest();
    await sleep(1_000);
    await this.#watchman.stop();
    const history = this.#history!;
    await history.stop();
    const lines = await patiently(() => history.checkLedger(MINUTE_MS));
    console.log(`  ${lines} lines in the ledger`);
    return [
      ...left,
      ...history.faults,
      ...this.#watchman.faults,
      ...this.#attempts.startedTwice(),
      ...this.#attempts.ranTwice(this.#watchman.once),
      ...history.endedOtherwise(),
      ...(await this.#checkApi(lines)),
    ];
  }

  async #comeToRest(): Promise<string[]> {
    for (const name of Object.keys(WORKS)) {
      const suspended = (each: CronJob): CronJob => ({
        ...each,
        spec: { ...each.spec, suspend: true },
      });
      await patiently(() => this.#store.modify(CRON_JOBS, "default", name, suspended));
    }
    for (const end = performance.now() + REST_MS; ; await sleep(300)) {
      const left = await this.#notEnded();
      if (left.length === 0 || performance.now() > end) return left;
    }
  }

  async #notEnded(): Promise<string[]> {
    const pods = (await patiently(() => this.#store.list(PODS))).items;
    const jobs = (await patiently(() => this.#store.list(JOBS))).items;
    const running = pods.filter(({ status }) => !/Succeeded|Failed/.test(status?.phase ?? ""));
    const open = jobs.filter(
      ({ status }) => !status?.conditions?.some(({ type }) => /^(Complete|Failed)$/.test(type)),
    );
    return [
      ...running.map((pod) => `pod ${pod.metadata.name} does not end: ${JSON.stringify(pod)}`),
      ...open.map((job) => `job ${job.metadata.name} does not end: ${JSON.stringify(job.status)}`),
      ...this.#attempts
        .processes()
        .map(({ pid, node, command }) => `process ${pid} of ${node} is left: ${command}`),
    ];
  }

  /** The API that was killed now and then shows the ledger that the store has; it grows while CronJobs are suspended, too. */
  async #checkApi(lines: number): Promise<string[]> {
    const [api] = this.#company.of("api");
    const answer = await patiently(() => fetch(`${api!.url}/apis/nodetcd.io/v1/slots`));
    const { items } = (await answer.json()) as { items: unknown[] };
    const after = (await patiently(() => this.#store.list(SLOTS))).items.length;
    const right = lines <= items.length && items.length <= after;
    return right ? [] : [`the API shows ${items.length} lines, there were ${lines} to ${after}`];
  }
}

async function rounds(campaign: Campaign, count: number): Promise<readonly string[]> {
  for (let round = 1; round <= count; round++) {
    const faults = await campaign.round();
    if (faults.length > 0) return [`in round ${round}:`, ...faults];
    if (round % PROGRESS_EVERY === 0) console.log(`  ${round} rounds: ${campaign.told}`);
  }
  return await campaign.end();
}

function report(faults: readonly string[], cluster: ProcessCluster, company: Company): void {
  console.log("FAILED:");
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault.slice(0, 1_500)}`);
  for (const { name, process } of company.parts) console.log(`-- ${name}:\n${process?.tail()}`);
  for (const { name, process } of cluster.seats) console.log(`-- ${name}:\n${process?.tail()}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const program = peer("nodetcd");
  if (program === undefined) return;
  const seed = chosenSeed();
  const count = Number(process.env["ROUNDS"] ?? 20);
  console.log(`${EACH} controllers, workers and members each: SEED=${seed} ROUNDS=${count}`);
  const began = performance.now();
  const cluster = await ProcessCluster.found(Array.from({ length: 3 }, () => ({ program })));
  const endpoints = cluster.seats.map(({ url }) => url);
  const folder = temporaryDirectory("nodetcd-jobs");
  const start = Date.now();
  const random = new Seeded(seed);
  const attempts = new Attempts(folder);
  const company = await Company.found({ endpoints, folder, speed: SPEED, start, each: EACH });
  const disasters = new Disasters(cluster, company, random);
  const client = new Client({ runtime: nodeRuntime, endpoints });
  const runtime = { ...nodeRuntime, clock: compressedClock(SPEED, start) };
  const store = new ObjectStore({ client, runtime });
  try {
    const campaign = new Campaign(store, { company, attempts, disasters, random });
    await campaign.begin();
    const faults = await rounds(campaign, count);
    if (faults.length > 0) return report(faults, cluster, company);
    const what = [...disasters.happened].map(([name, times]) => `${name} ${times}`).join(", ");
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    console.log(`${count} rounds (${what}): ${campaign.told}, no fault: ${seconds} s`);
  } catch (error) {
    report(
      [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      cluster,
      company,
    );
  } finally {
    client.close();
    await company.end();
    for (const { pid } of attempts.processes()) process.kill(pid, "SIGKILL");
    await cluster.stop();
    cluster.remove();
  }
}

await main();
process.exit();
