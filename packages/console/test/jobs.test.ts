import { expect, test } from "vitest";
import { again, cronJobView, jobView, runNow } from "../src/kubernetes/job-views.ts";
import type { KubernetesObject } from "../src/kubernetes/kubernetes.ts";

const template = { spec: { restartPolicy: "Never", containers: [{ name: "main" }] } };
const cronJob: KubernetesObject = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "nightly", namespace: "ops", uid: "u-1" },
  spec: {
    schedule: "0 2 * * *",
    timeZone: "Europe/Berlin",
    jobTemplate: { metadata: { labels: { app: "report" } }, spec: { template } },
  },
  status: { lastScheduleTime: "2026-11-29T01:00:00Z", active: [{}] },
};

test("cronJobView: next moments in its own zone, across the change of clocks; slots of its own", () => {
  const slots: KubernetesObject[] = ["nightly", "other"].map((name) => ({
    metadata: { namespace: "ops" },
    spec: { cronJobName: name, scheduledTime: "2026-03-28T01:00:00Z" },
    status: { decision: "Created", message: "The Job was created", jobName: "nightly-1" },
  }));
  const view = cronJobView(cronJob, Date.parse("2026-10-24T12:00:00Z"), slots);
  expect(view.next.slice(0, 2).map((at) => new Date(at).toISOString())).toEqual([
    "2026-10-25T00:00:00.000Z",
    "2026-10-26T01:00:00.000Z",
  ]);
  expect(view.slots).toHaveLength(1);
  expect(view).toMatchObject({ active: 1, suspended: false, concurrency: "Allow" });
  expect(cronJobView(cronJob, 0, undefined).slots).toBeUndefined();
  const odd = { ...cronJob, spec: { schedule: "no schedule" } };
  expect(cronJobView(odd, 0, undefined).next).toEqual([]);
});

test("jobView: states as the conditions say", () => {
  const of = (status: object, spec: object = {}): string =>
    jobView({ metadata: { name: "j" }, spec: { ...spec }, status: { ...status } }).state;
  const condition = (type: string): object => ({ conditions: [{ type, status: "True" }] });
  expect(of({})).toBe("waiting");
  expect(of({ active: 1 })).toBe("running");
  expect(of({}, { suspend: true })).toBe("suspended");
  expect(of(condition("Complete"))).toBe("complete");
  expect(of(condition("Failed"))).toBe("failed");
  expect(of({ conditions: [{ type: "Failed", status: "False" }], active: 1 })).toBe("running");
});

test("runNow and again: a Job of the same template, without what the API added", () => {
  const made = runNow(cronJob, "nightly-manual-1");
  expect(made.metadata).toMatchObject({
    name: "nightly-manual-1",
    namespace: "ops",
    labels: { app: "report" },
    annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
    ownerReferences: [{ kind: "CronJob", name: "nightly", uid: "u-1", controller: true }],
  });
  expect(made.spec).toEqual({ template });
  const old: KubernetesObject = {
    metadata: { name: "nightly-1", namespace: "ops", uid: "gone" },
    spec: {
      selector: { matchLabels: {} },
      suspend: true,
      backoffLimit: 2,
      template: {
        ...template,
        metadata: { labels: { "controller-uid": "x", "job-name": "y", app: "report" } },
      },
    },
  };
  const next = again(old, "nightly-manual-2");
  expect(next.spec).toEqual({
    backoffLimit: 2,
    template: { ...template, metadata: { labels: { app: "report" } } },
  });
  expect(next.metadata).toEqual({ name: "nightly-manual-2", namespace: "ops" });
});
