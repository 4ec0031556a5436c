import { expect, test } from "vitest";
import { type CronJob, type Job, portable } from "../../src/jobs.ts";

const container = { name: "main", image: "busybox", command: ["true"] };
const own = {
  uid: "u",
  resourceVersion: "7",
  creationTimestamp: "2026-01-01T00:00:00Z",
  generation: 2,
};

function job(changes: Partial<Job> = {}): Job {
  const labels = { "controller-uid": "u", "batch.kubernetes.io/job-name": "a", app: "x" };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "a", namespace: "default", labels, ...own },
    spec: {
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u" } },
      template: {
        metadata: { labels },
        spec: { restartPolicy: "Never", containers: [container], runtimeClassName: "process" },
      },
    },
    status: { active: 1 },
    ...changes,
  } as Job;
}

test("portable leaves out what a server fills in, and keeps what the user gave", () => {
  const found = portable(job());
  expect(found?.object).toEqual({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "a", namespace: "default", labels: { app: "x" } },
    spec: {
      template: {
        metadata: { labels: { app: "x" } },
        spec: { restartPolicy: "Never", containers: [container] },
      },
    },
  });
  expect(found?.remarks).toEqual(["it has not ended: there it begins anew"]);
});

test("portable keeps a selector that is the user's own", () => {
  const selector = { matchLabels: { app: "x" } };
  const { spec } = job();
  const found = portable(job({ spec: { ...spec, selector, manualSelector: true } }));
  expect((found!.object as Job).spec.selector).toEqual(selector);
});

test("portable leaves out Jobs that have ended, go, or are a CronJob's", () => {
  const conditions = [{ type: "Complete", status: "True" as const }];
  const owner = { apiVersion: "batch/v1", kind: "CronJob", name: "c", uid: "v" };
  const { metadata } = job();
  expect(portable(job({ status: { conditions } }))).toBeUndefined();
  const going = { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
  expect(portable(job({ metadata: going }))).toBeUndefined();
  expect(portable(job({ metadata: { ...metadata, ownerReferences: [owner] } }))).toBeUndefined();
});

test("portable says what means nothing elsewhere, and drops what controllers keep", () => {
  const annotations = {
    "jobs.nodetcd.io/catch-up": "all",
    "jobs.nodetcd.io/decided-until": "2026-01-01T00:00:00Z",
  };
  const volumes = [{ name: "v", hostPath: { path: "/srv" } }];
  const template = { spec: { restartPolicy: "Never", containers: [container], volumes } };
  const cronJob = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "c", namespace: "default", annotations, ...own },
    spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } },
    status: {},
  } as CronJob;
  const found = portable(cronJob);
  expect(found?.object.metadata.annotations).toEqual({ "jobs.nodetcd.io/catch-up": "all" });
  expect(found?.object).not.toHaveProperty("status");
  expect(found?.remarks).toEqual([
    "the annotation jobs.nodetcd.io/catch-up means nothing there",
    "volume v is /srv of the host",
  ]);
});
