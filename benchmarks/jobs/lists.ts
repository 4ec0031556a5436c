import { join } from "node:path";
import { type Job, JOBS } from "@nodetcd/jobs";
import { run } from "../../tests/processes.ts";
import { ask, inParallel, percentile, Stage } from "./parts.ts";

const JOBS_ALL = 50_000;
/** Jobs of one transaction. */
const BATCH = 50;
const CHUNK = 500;

function finished(index: number): Job {
  const containers = [{ name: "main", image: "busybox", command: ["true"] }];
  const time = "2026-01-01T00:00:00Z";
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: time });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `done-${String(index).padStart(6, "0")}`, namespace: "default" },
    spec: { template: { spec: { restartPolicy: "Never", containers } } },
    status: {
      startTime: time,
      completionTime: time,
      succeeded: 1,
      conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
    },
  } as Job;
}

/** 50,000 finished Jobs, read in chunks by HTTP and by kubectl. */
export async function measureLists(scale: number): Promise<void> {
  const count = Math.round(JOBS_ALL * scale);
  const stage = await Stage.open();
  try {
    await inParallel(count / BATCH, 8, async (batch) => {
      const changes = Array.from({ length: BATCH }, (_, i) => {
        const draft = finished(batch * BATCH + i);
        const object = { ...stage.store.complete(JOBS, draft), status: draft.status };
        return { kind: "create" as const, resource: JOBS, object };
      });
      await stage.store.transaction(changes);
    });
    const api = await stage.start("api");
    await stage.start("controllers");
    const began = performance.now();
    const chunks: number[] = [];
    let next = "";
    let read = 0;
    do {
      const from = performance.now();
      const path = `/apis/batch/v1/jobs?limit=${CHUNK}&continue=${encodeURIComponent(next)}`;
      const reply = await ask(`${api.url}${path}`);
      const list = (await reply.json()) as { items: unknown[]; metadata: { continue?: string } };
      read += list.items.length;
      next = list.metadata.continue ?? "";
      chunks.push(performance.now() - from);
    } while (next !== "");
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    if (read !== count) throw new Error(`${read} of ${count} Jobs were listed`);
    console.log(
      `lists: ${read} finished Jobs by HTTP in chunks of ${CHUNK}: ${seconds} s, a chunk p50 ${percentile(chunks, 0.5)} ms, p99 ${percentile(chunks, 0.99)} ms`,
    );
    await byKubectl(api.url, count, stage.folder);
    console.log(`  afterwards: ${stage.told}`);
  } finally {
    await stage.close();
  }
}

async function byKubectl(url: string, count: number, folder: string): Promise<void> {
  const began = performance.now();
  const flags = [
    "-s",
    url,
    `--cache-dir=${join(folder, "kubectl")}`,
    "get",
    "jobs",
    "--no-headers",
  ];
  const done = await run("kubectl", flags, { timeoutMs: 300_000 });
  const lines = done.stdout.toString().split("\n").length - 1;
  if (done.status !== 0) console.log(`MISSING: kubectl: ${done.stderr.slice(0, 500)}`);
  else if (lines !== count) throw new Error(`kubectl shows ${lines} of ${count}`);
  else console.log(`  kubectl get jobs: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
