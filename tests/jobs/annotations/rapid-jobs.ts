/** `nodetcd jobs`, all parts of it in one process, by a clock that runs fast and began when we like. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort, ServerProcess } from "../../processes.ts";
import { ApiClient, type KubeObject } from "../api-client.ts";
import { compressedClock } from "../failures/compressed-clock.ts";

const PART = join(import.meta.dirname, "..", "failures", "part.ts");
/** A minute is a second. */
export const SPEED = 60;
const CRON_JOBS = "/apis/batch/v1/namespaces/default/cronjobs";

export interface Line {
  /** Milliseconds of the fast clock. */
  readonly slot: number;
  readonly decision: string;
  readonly jobName: string | undefined;
}

export class RapidJobs {
  readonly client: ApiClient;
  readonly #args: readonly string[];
  readonly #port: number;
  readonly #clock: { wallTime(): number };
  #process: ServerProcess | undefined;

  private constructor(folder: string, port: number, at: number) {
    const start = Date.now();
    this.#port = port;
    this.#clock = compressedClock(SPEED, start, at);
    this.client = new ApiClient(`http://127.0.0.1:${port}`);
    this.#args = [
      String(SPEED),
      String(start),
      String(at),
      `--data-dir=${folder}`,
      `--listen=127.0.0.1:${port}`,
      "--node-name=here",
    ];
  }

  /** @param at what its clock says now, in milliseconds */
  static async start(folder: string, at: number): Promise<RapidJobs> {
    mkdirSync(folder, { recursive: true });
    const jobs = new RapidJobs(folder, await freePort(), at);
    await jobs.resume();
    return jobs;
  }

  get now(): number {
    return this.#clock.wallTime();
  }

  async resume(): Promise<void> {
    const peer = { name: "nodetcd", path: process.execPath, version: "" } as const;
    const flags = ["--import", "tsx", PART, ...this.#args];
    const options = { flags, isBare: true, dataDirectory: "/nonexistent" } as const;
    this.#process = new ServerProcess(peer, { client: this.#port, peer: 0 }, options);
    while ((await this.client.call("GET", "/readyz")).status !== 200) {
      if (this.#process.hasExited) throw new Error(this.#process.tail());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  tail(): string {
    return this.#process?.tail() ?? "";
  }

  /** Until its clock says so. */
  async until(time: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, time - this.now) / SPEED));
  }

  async create(
    name: string,
    annotations: Readonly<Record<string, string>>,
    spec: object,
    command: readonly string[] = ["true"],
  ): Promise<void> {
    const containers = [{ name: "main", image: "busybox", command }];
    const template = { spec: { restartPolicy: "Never", containers } };
    const own = Object.entries(annotations).map(([key, value]) => [
      `jobs.nodetcd.io/${key}`,
      value,
    ]);
    const history = { successfulJobsHistoryLimit: 100, failedJobsHistoryLimit: 100 };
    const { status, body } = await this.client.call("POST", CRON_JOBS, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name, annotations: Object.fromEntries(own) as Record<string, string> },
      spec: { ...history, ...spec, jobTemplate: { spec: { backoffLimit: 0, template } } },
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
  }

  async cronJob(name: string): Promise<KubeObject> {
    return (await this.client.call("GET", `${CRON_JOBS}/${name}`)).body as unknown as KubeObject;
  }

  async list(path: string): Promise<KubeObject[]> {
    return ((await this.client.call("GET", path)).body["items"] ?? []) as KubeObject[];
  }

  /** The ledger of a CronJob, the oldest line first. */
  async lines(name: string): Promise<Line[]> {
    const all = await this.list("/apis/nodetcd.io/v1/namespaces/default/slots");
    return all
      .filter(({ spec }) => spec?.["cronJobName"] === name)
      .map(({ spec, status }) => ({
        slot: Date.parse(String(spec?.["scheduledTime"])),
        decision: String(status?.["decision"]),
        jobName: status?.["jobName"] as string | undefined,
      }))
      .sort((a, b) => a.slot - b.slot);
  }
}
