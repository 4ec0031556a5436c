import { type CronJob, CRON_JOBS, type Job, JOBS, PODS } from "@nodetcd/jobs";
import { ask, inParallel, percentile, Stage } from "./parts.ts";

const CRON_JOBS_ALL = 10_000;
const AT_ONCE = 1_000;
/** Time for what is created to be read in before the slot comes. */
const SETTLE_MS = 10_000;
const GIVE_UP_MS = 120_000;

function cronJob(name: string, schedule: string): CronJob {
  const containers = [{ name: "main", image: "busybox", command: ["true"] }];
  const template = { spec: { restartPolicy: "Never", containers } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, namespace: "default" },
    spec: { schedule, jobTemplate: { spec: { template } } },
  } as CronJob;
}

/** The next full minute that is at least so far away. */
function minuteAfter(ms: number): Date {
  return new Date(Math.ceil((Date.now() + ms) / 60_000) * 60_000);
}

/** 10,000 CronJobs, of which 1,000 have their slot in the same second. */
export async function measureSlots(scale: number): Promise<void> {
  const count = Math.round(AT_ONCE * scale);
  const others = Math.round((CRON_JOBS_ALL - AT_ONCE) * scale);
  const stage = await Stage.open();
  try {
    const api = await stage.start("api");
    const make = async (name: string, schedule: string): Promise<void> => {
      const body = JSON.stringify(cronJob(name, schedule));
      const headers = { "Content-Type": "application/json" };
      const url = `${api.url}/apis/batch/v1/namespaces/default/cronjobs`;
      const reply = await ask(url, { method: "POST", headers, body });
      // 409: an earlier try has made it.
      if (!reply.ok && reply.status !== 409) throw new Error(await reply.text());
    };
    const began = performance.now();
    await inParallel(others, 32, (index) => make(`other-${index}`, "0 0 1 1 *"));
    const seconds = (performance.now() - began) / 1_000;
    console.log(
      `slots: ${others} CronJobs created by HTTP, ${Math.round(others / seconds)} a second`,
    );
    await stage.start("controllers");
    await stage.start("worker");
    const slot = minuteAfter(SETTLE_MS + count * 5);
    const schedule = `${slot.getUTCMinutes()} ${slot.getUTCHours()} * * *`;
    await inParallel(count, 32, (index) => make(`busy-${index}`, schedule));
    await measureOne(stage, slot.getTime(), count);
    console.log(`  afterwards: ${stage.told}`);
    const { items } = await stage.store.list(CRON_JOBS, { limit: 1 });
    if (items.length !== 1) throw new Error("the CronJobs are gone");
  } finally {
    await stage.close();
  }
}

async function measureOne(stage: Stage, slot: number, count: number): Promise<void> {
  const created: number[] = [];
  const started = new Map<string, number>();
  const ended: number[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const late = setTimeout(() => ending.abort(), slot - Date.now() + GIVE_UP_MS);
  const isDone = ({ status }: Job): boolean => status?.completionTime !== undefined;
  const seen = new Set<string>();
  const followJobs = async (): Promise<void> => {
    for await (const event of stage.store.watch(JOBS, { signal })) {
      if (event.type === "BOOKMARK") continue;
      const { type, object } = event;
      if (type === "ADDED") created.push(Date.now() - slot);
      if (type !== "MODIFIED" || !isDone(object) || seen.has(object.metadata.name)) continue;
      seen.add(object.metadata.name);
      ended.push(Date.now() - slot);
      if (ended.length === count) ending.abort();
    }
  };
  const followPods = async (): Promise<void> => {
    for await (const event of stage.store.watch(PODS, { signal })) {
      if (event.type === "BOOKMARK" || started.has(event.object.metadata.name)) continue;
      const { object } = event;
      const state = object.status?.containerStatuses?.[0]?.state;
      if (state?.running === undefined && state?.terminated === undefined) continue;
      started.set(object.metadata.name, Date.now() - slot);
    }
  };
  await Promise.all([followJobs(), followPods()]);
  clearTimeout(late);
  const both = (values: readonly number[]): string =>
    `p50 ${percentile(values, 0.5)} ms, p99 ${percentile(values, 0.99)} ms (${values.length})`;
  console.log(
    `  slot to Job: ${both(created)}; to a container that has run: ${both([...started.values()])}; ` +
      `to the Job's end: ${both(ended)}`,
  );
}
