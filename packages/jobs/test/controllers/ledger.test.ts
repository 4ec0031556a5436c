import { Client } from "@nodetcd/client";
import { type Etcd, startEtcd } from "nodetcd";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { silentLogger } from "@nodetcd/runtime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runControllers } from "../../src/controllers/run-controllers.ts";
import { type CronJob, CRON_JOBS, ObjectStore, SLOTS } from "../../src/jobs.ts";
import { cronJobNameOf, slotOf } from "../../src/ledger/slot-line.ts";
import { LEDGER_LINES_KEPT, LEDGER_PRUNE_EVERY } from "../../src/limits.ts";

let etcd: Etcd;
let store: ObjectStore;
beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
  store = new ObjectStore({ client: etcd.client as Client, runtime: nodeRuntime });
});
afterAll(() => etcd.stop());

const MINUTE_MS = 60_000;
const FIRST = Date.UTC(2026, 0, 1);

/** Lines of a CronJob for so many minutes, as the CronJob controller writes them. */
async function writeLines(cronJob: CronJob, from: number, count: number): Promise<void> {
  for (let at = 0; at < count; at += 50) {
    const changes = Array.from({ length: Math.min(50, count - at) }, (_, i) => {
      const scheduled = FIRST + (from + at + i) * MINUTE_MS;
      const line = { scheduled, decision: "Ran", message: "" } as const;
      const object = store.complete(SLOTS, slotOf(cronJob, line, scheduled, "here"));
      return { kind: "create" as const, resource: SLOTS, object };
    });
    await store.transaction(changes);
  }
}

function cronJob(name: string): Promise<CronJob> {
  const containers = [{ name: "main", image: "busybox", command: ["true"] }];
  const template = { spec: { restartPolicy: "Never" as const, containers } };
  return store.create(CRON_JOBS, {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, namespace: "default" },
    spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template } } },
  } as CronJob);
}

const linesOf = async (name: string): Promise<string[]> =>
  (await store.listNames(SLOTS, "default", "")).flatMap((line) =>
    cronJobNameOf(line.name) === name ? [line.name] : [],
  );

test("LedgerController keeps the newest lines of each CronJob, and those of no other", async () => {
  const many = await cronJob("many");
  const other = await cronJob("many-12345678");
  await writeLines(many, 0, LEDGER_LINES_KEPT + 30);
  await writeLines(other, 0, 3);
  const gone = { ...many, metadata: { ...many.metadata, name: "gone" } };
  await writeLines(gone, 0, 5);
  const controllers = runControllers({
    ...nodeRuntime,
    store,
    logger: silentLogger,
    identity: "x",
  });
  try {
    await controllers.ready;
    await vi.waitFor(async () => expect(await linesOf("gone")).toEqual([]), 10_000);
    // The look comes after so many lines at the latest.
    for (let i = 1; i <= LEDGER_PRUNE_EVERY; i++) {
      await store.modify(CRON_JOBS, "default", "many", (each) => ({
        ...each,
        status: { lastScheduleTime: new Date(Date.now() + i * MINUTE_MS).toISOString() },
      }));
    }
    await vi.waitFor(async () => expect(await linesOf("many")).toHaveLength(LEDGER_LINES_KEPT), {
      timeout: 10_000,
      interval: 200,
    });
    expect((await linesOf("many"))[0]).toBe(`many-${FIRST / MINUTE_MS + 30}`);
    expect(await linesOf("many-12345678")).toHaveLength(3);
    await store.delete(CRON_JOBS, "default", "many");
    await vi.waitFor(async () => expect(await linesOf("many")).toEqual([]), 10_000);
    expect(await linesOf("many-12345678")).toHaveLength(3);
  } finally {
    await controllers.stop();
  }
}, 60_000);

test.each([
  ["nightly-29678340", "nightly"],
  ["nightly-29678340-30", "nightly"],
  ["many-12345678-29678340", "many-12345678"],
  ["a-5-29678340", "a-5"],
])("cronJobNameOf %s is %s", (slot, name) => {
  expect(cronJobNameOf(slot)).toBe(name);
});
