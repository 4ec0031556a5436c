import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeRandom, nodeRuntime } from "@nodetcd/runtime/node";
import { SeededRandom } from "@nodetcd/simulator";
import type { Etcd } from "nodetcd";
import { CRON_JOBS, type CronJob, JOBS, ObjectStore, PODS } from "../../src/jobs.ts";
import type { CronJobSpec, JobSpec } from "../../src/objects/job.ts";
import { compressedClock } from "./compressed-clock.ts";
import { History } from "./history.ts";

const SPEED = 20;
const MINUTE_MS = 60_000;
const PART = join(import.meta.dirname, "part.ts");

/** What each CronJob's Jobs do: `run` leaves a mark for its attempt first. */
function cronJobs(
  marks: string,
): Record<
  string,
  { spec: Partial<CronJobSpec>; job: Partial<JobSpec>; run: string; ends: string }
> {
  const mark = `echo x >>${marks}/$(echo "$NODETCD_ATTEMPT" | tr / _)`;
  return {
    allow: { spec: {}, job: {}, run: `${mark}; sleep 0.3`, ends: "Complete" },
    forbid: {
      spec: { concurrencyPolicy: "Forbid" },
      job: {},
      run: `${mark}; sleep 4 & wait`,
      ends: "Complete",
    },
    replace: {
      spec: { concurrencyPolicy: "Replace" },
      job: {},
      run: `${mark}; sleep 2`,
      ends: "Complete",
    },
    failing: { spec: {}, job: { backoffLimit: 1 }, run: `${mark}; exit 1`, ends: "Failed" },
    indexed: {
      spec: { concurrencyPolicy: "Forbid" },
      job: { completions: 3, parallelism: 2, completionMode: "Indexed" },
      run: `${mark}; sleep 0.2`,
      ends: "Complete",
    },
  };
}

export interface Outcome {
  readonly faults: readonly string[];
  readonly jobs: number;
  readonly lines: number;
  readonly attempts: number;
}

/** Two processes with controllers and a worker each; in each round one of them is killed and starts again. */
export class Rounds {
  readonly #etcd: Etcd;
  readonly #random: SeededRandom;
  readonly #folder = mkdtempSync(join(tmpdir(), "nodetcd-kill-"));
  readonly #marks = join(this.#folder, "marks");
  readonly #start = Date.now();
  readonly #prefix = `/kill-${nodeRandom.uint64().toString(16)}`;
  readonly #parts = new Map<string, ChildProcess>();
  readonly #store: ObjectStore;

  constructor(etcd: Etcd, seed: number) {
    this.#etcd = etcd;
    this.#random = new SeededRandom(seed);
    const runtime = { clock: compressedClock(SPEED, this.#start), random: nodeRandom };
    this.#store = new ObjectStore({ client: etcd.client, runtime, prefix: this.#prefix });
    mkdirSync(this.#marks);
  }

  async run(rounds: number): Promise<Outcome> {
    const { resourceVersion } = await this.#store.list(JOBS);
    const history = new History(this.#store, Number(resourceVersion));
    const works = cronJobs(this.#marks);
    for (const [name, work] of Object.entries(works)) await this.#create(name, work);
    for (const node of ["a", "b"]) this.#launch(node);
    await progress(history, 15_000);
    for (let round = 0; round < rounds; round++) {
      const node = this.#random.below(2) === 0 ? "a" : "b";
      await this.#kill(node);
      await pause(this.#random.below(600));
      this.#launch(node);
      // Mostly in the middle of something: a new process begins, the other takes over, or both work.
      if (this.#random.below(3) > 0) await progress(history, 6_000);
      await pause(this.#random.below(1_500));
    }
    const faults = await this.#comeToRest();
    await pause(300);
    await history.stop();
    const lines = await history.checkLedger(MINUTE_MS);
    faults.push(...history.faults, ...this.#checkMarks(), ...endings(history, works));
    return { faults, jobs: history.jobs, lines, attempts: readdirSync(this.#marks).length };
  }

  async end(): Promise<void> {
    for (const node of this.#parts.keys()) await this.#kill(node);
    for (const pid of this.#processes()) process.kill(pid, "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #create(
    name: string,
    { spec, job, run }: ReturnType<typeof cronJobs>[string],
  ): Promise<CronJob> {
    const container = { name: "main", command: ["bash", "-c", run] };
    return await this.#store.create(CRON_JOBS, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name, namespace: "default" },
      spec: {
        schedule: "* * * * *",
        successfulJobsHistoryLimit: 2,
        ...spec,
        jobTemplate: {
          spec: {
            parallelism: 1,
            completions: 1,
            ...job,
            template: {
              spec: {
                restartPolicy: "Never",
                terminationGracePeriodSeconds: 5,
                containers: [container],
              },
            },
          },
        },
      },
    });
  }

  #launch(node: string): void {
    const folder = join(this.#folder, node);
    const options = [
      this.#etcd.endpoint,
      this.#prefix,
      folder,
      node,
      String(SPEED),
      String(this.#start),
    ];
    const args = ["--conditions=@nodetcd/source", "--import", "tsx", PART, ...options];
    this.#parts.set(
      node,
      spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] }),
    );
  }

  async #kill(node: string): Promise<void> {
    const part = this.#parts.get(node);
    if (part === undefined || part.exitCode !== null || part.signalCode !== null) return;
    const gone = new Promise((resolve) => part.once("exit", resolve));
    part.kill("SIGKILL");
    await gone;
  }

  /** No slots any more; what runs may end. Gives what did not. */
  async #comeToRest(): Promise<string[]> {
    for (const { metadata } of (await this.#store.list(CRON_JOBS)).items) {
      await this.#store.modify(CRON_JOBS, "default", metadata.name, (each) => ({
        ...each,
        spec: { ...each.spec, suspend: true },
      }));
    }
    for (const end = Date.now() + 30_000; ; await pause(200)) {
      const pods = (await this.#store.list(PODS)).items.filter(
        ({ status }) => !/Succeeded|Failed/.test(status?.phase ?? ""),
      );
      const jobs = (await this.#store.list(JOBS)).items.filter(
        ({ status }) => !status?.conditions?.some(({ type }) => /^(Complete|Failed)$/.test(type)),
      );
      const processes = this.#processes();
      if (pods.length + jobs.length + processes.length === 0) return [];
      if (Date.now() < end) continue;
      return [
        ...pods.map(
          (pod) => `pod ${pod.metadata.name} does not end: ${JSON.stringify(pod.status)}`,
        ),
        ...jobs.map(
          (job) => `job ${job.metadata.name} does not end: ${JSON.stringify(job.status)}`,
        ),
        ...processes.map(
          (pid) => `process ${pid} is left: ${readFileSync(`/proc/${pid}/cmdline`, "utf8")}`,
        ),
      ];
    }
  }

  /** Processes of any container of these rounds. */
  #processes(): number[] {
    const mark = `NODETCD_ATTEMPT=${this.#folder}`;
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
        } catch {
          return false;
        }
      });
  }

  #checkMarks(): string[] {
    return readdirSync(this.#marks).flatMap((name) => {
      const starts = readFileSync(join(this.#marks, name), "utf8").split("\n").length - 1;
      return starts === 1 ? [] : [`${name} was started ${starts} times`];
    });
  }
}

/** Waits until a Job of a further slot is there, or for so long. */
async function progress(history: History, milliseconds: number): Promise<void> {
  const { jobs } = history;
  for (const end = Date.now() + milliseconds; history.jobs === jobs && Date.now() < end;)
    await pause(50);
}

/** Jobs end as they are made to, unless a worker's death has cost them their pods. */
function endings(history: History, works: ReturnType<typeof cronJobs>): string[] {
  return [...history.ended.values()].flatMap(({ metadata, status }) => {
    const work = works[metadata.ownerReferences?.[0]?.name ?? ""];
    const ended = status?.conditions?.some(({ type }) => type === work?.ends);
    return ended === true ? [] : [`${metadata.name} ended otherwise: ${JSON.stringify(status)}`];
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => nodeRuntime.clock.setTimer(milliseconds, () => resolve()));
}
