import type { Seeded } from "../../seeded.ts";
import type { KubeObject } from "../api-client.ts";
import { end, isActive } from "./kubelet.ts";
import type { Pair } from "./pair.ts";
import { podText } from "./picture.ts";
import { randomTemplate } from "./random-job.ts";

const NAME = "tick";
const MINUTE_MS = 60_000;
/** Seconds of a minute in which nothing is done: a slot comes, and both have to see the same before it. */
const [SAFE_FROM, SAFE_TO] = [6, 44];

interface CronState {
  readonly pair: Pair;
  readonly random: Seeded;
  readonly path: string;
  readonly jobs: string;
}

function randomCronJob(random: Seeded): object {
  const spec: Record<string, unknown> = {
    schedule: random.weighted({
      "* * * * *": 6,
      "*/1 * * * ?": 1,
      "@hourly": 1,
      "*/2 * * * *": 2,
    }),
    jobTemplate: {
      ...(random.chance(40)
        ? { metadata: { labels: { team: "a" }, annotations: { note: "b" } } }
        : {}),
      spec: { template: randomTemplate(random), backoffLimit: random.below(2) },
    },
  };
  if (random.chance(70)) spec["concurrencyPolicy"] = random.pick(["Allow", "Forbid", "Replace"]);
  if (random.chance(40)) spec["startingDeadlineSeconds"] = random.pick([50, 200, 10_000]);
  if (random.chance(50)) spec["successfulJobsHistoryLimit"] = random.between(1, 3);
  if (random.chance(50)) spec["failedJobsHistoryLimit"] = random.between(1, 3);
  if (random.chance(15)) spec["suspend"] = true;
  if (random.chance(40))
    spec["timeZone"] = random.pick([
      "Etc/UTC",
      "Europe/Berlin",
      "Asia/Kolkata",
      "America/New_York",
    ]);
  if (random.chance(8)) spoil(random, spec);
  return { apiVersion: "batch/v1", kind: "CronJob", metadata: { name: NAME }, spec };
}

function spoil(random: Seeded, spec: Record<string, unknown>): void {
  const spoilers: (() => void)[] = [
    () =>
      (spec["schedule"] = random.pick([
        "",
        "61 * * * *",
        "* * * *",
        "@never",
        "* * * * 7",
        "TZ=UTC * * * * *",
      ])),
    () => (spec["timeZone"] = random.pick(["", "Local", "Mars/Olympus", "europe/berlin"])),
    () => (spec["concurrencyPolicy"] = "Sometimes"),
    () => (spec["startingDeadlineSeconds"] = -1),
    () => (spec["successfulJobsHistoryLimit"] = -1),
  ];
  random.pick(spoilers)();
}

/** Waits until the part of a minute in which no slot is near. */
async function safeTime(): Promise<void> {
  for (;;) {
    const second = (Date.now() % MINUTE_MS) / 1_000;
    if (second >= SAFE_FROM && second <= SAFE_TO) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Both look the same, and no slot is near. */
async function calm(pair: Pair): Promise<void> {
  for (;;) {
    await safeTime();
    const minute = Math.floor(Date.now() / MINUTE_MS);
    await pair.settle();
    if (Math.floor(Date.now() / MINUTE_MS) === minute) return;
  }
}

/** Waits for the next minute, and for what comes of it. */
async function nextSlot(pair: Pair): Promise<void> {
  const next = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
  pair.story.push(`slot ${new Date(next).toISOString().slice(11, 19)}`);
  await new Promise((resolve) => setTimeout(resolve, next + 3_000 - Date.now()));
  await pair.settle();
}

/**
 * A random CronJob over three minutes: each has the slots that come, and random things that happen to its Jobs
 * and to itself. Some have missed slots at their start.
 */
export async function cronCase(pair: Pair, random: Seeded): Promise<void> {
  const base = `/apis/batch/v1/namespaces/${pair.namespace}`;
  const state = { pair, random, path: `${base}/cronjobs/${NAME}`, jobs: `${base}/jobs` };
  const manifest = randomCronJob(random);
  await safeTime();
  const made = await pair.both(`create ${JSON.stringify(manifest)}`, ({ client }) =>
    client.call("POST", `${base}/cronjobs`, manifest),
  );
  await pair.settle();
  if (made.status !== 201) return;
  if (random.chance(40)) await missSlots(state);
  for (let slot = 0; slot < 3; slot++) {
    await nextSlot(pair);
    for (let step = random.between(1, 2); step > 0; step--) {
      await calm(pair);
      await cronStep(state);
      await pair.settle();
    }
  }
}

/** As if it had last run some minutes ago. */
async function missSlots({ pair, random, path }: CronState): Promise<void> {
  const minutes = random.pick([2, 5, 150]);
  await safeTime();
  const last = (Math.floor(Date.now() / MINUTE_MS) - minutes) * MINUTE_MS;
  const lastScheduleTime = new Date(last).toISOString().replace(".000", "");
  await pair.both(`last ran ${minutes} minutes ago`, ({ client }) =>
    client.patch(`${path}/status`, { status: { lastScheduleTime } }),
  );
  await pair.settle();
}

async function cronStep({ pair, random, path, jobs }: CronState): Promise<void> {
  const open = pair.real.of("jobs", pair.namespace).filter(isOpen).map(nameOf).sort();
  const all = pair.real.of("jobs", pair.namespace).map(nameOf).sort();
  const some = open.length > 0;
  const steps = {
    succeed: some ? 8 : 0,
    fail: some ? 5 : 0,
    deleteJob: all.length > 0 ? 2 : 0,
    suspend: 2,
    policy: 1,
    schedule: 1,
    byHand: 1,
    nothing: 1,
  };
  const step = random.weighted(steps);
  if (step === "succeed" || step === "fail") {
    const name = random.pick(open);
    const exitCode = step === "succeed" ? 0 : 1;
    const isPart = (pod: KubeObject): boolean =>
      isActive(pod) && pod.metadata.labels?.["job-name"] === name;
    if (!pair.real.of("pods", pair.namespace).some(isPart)) return;
    return await pair.onPod(
      `a pod of ${name} ends with ${exitCode}`,
      0,
      isPart,
      podText,
      end({ exitCode }),
    );
  }
  if (step === "deleteJob") {
    const name = random.pick(all);
    const options = { propagationPolicy: "Background", gracePeriodSeconds: 0 };
    await pair.both(`delete ${name}`, ({ client }) =>
      client.call("DELETE", `${jobs}/${name}`, options),
    );
  } else if (step === "byHand") await byHand(pair, path, jobs);
  else {
    const [cronJob] = pair.real.of("cronjobs", pair.namespace);
    const spec = {
      suspend: { suspend: cronJob?.spec?.["suspend"] !== true },
      policy: { concurrencyPolicy: random.pick(["Allow", "Forbid", "Replace"]) },
      schedule: { schedule: "@daily" },
      nothing: {},
    }[step];
    await pair.both(`patch ${JSON.stringify(spec)}`, ({ client }) => client.patch(path, { spec }));
  }
}

/** As `kubectl create job --from=cronjob/tick` does. */
async function byHand(pair: Pair, path: string, jobs: string): Promise<void> {
  const name = `by-hand-${pair.story.length}`;
  await pair.both(`create ${name} from the CronJob`, async ({ client }) => {
    const read = await client.call("GET", path);
    if (read.status !== 200) return read;
    const { body } = read;
    const { metadata, spec = {} } = body as unknown as KubeObject;
    const { uid } = metadata;
    const owner = { apiVersion: "batch/v1", kind: "CronJob", name: NAME, uid, controller: true };
    const { spec: template } = spec["jobTemplate"] as { spec: object };
    const annotations = { "cronjob.kubernetes.io/instantiate": "manual" };
    return await client.call("POST", jobs, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, annotations, ownerReferences: [owner] },
      spec: template,
    });
  });
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name;
}

function isOpen({ status = {} }: KubeObject): boolean {
  const { conditions = [] } = status as { conditions?: { type: string }[] };
  return !conditions.some(({ type }) => type === "Complete" || type === "Failed");
}
