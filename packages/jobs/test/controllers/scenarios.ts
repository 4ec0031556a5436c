import type { Client } from "@nodetcd/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TRACKING_FINALIZER } from "../../src/controllers/job/pod-state.ts";
import { CRON_JOBS, JOBS, NAMESPACES, PODS } from "../../src/jobs.ts";
import { Cluster } from "./cluster.ts";

/**
 * What Kubernetes' own end-to-end tests for Job and CronJob ask of controllers, by the names of their
 * scenarios, on any etcd.
 */
export function scenarios(where: string, client: () => Client): void {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster(client());
  });
  afterEach(() => cluster.stop());

  describe(`Job, ${where}`, () => {
    it("runs to completion when its pods succeed", async () => {
      await cluster.createJob({ completions: 4, parallelism: 2 });
      await cluster.settle();
      for (let i = 0; i < 2; i++) {
        expect(await cluster.active()).toHaveLength(2);
        await cluster.end(0, ...(await cluster.active()));
      }
      const { status } = await cluster.job();
      expect(status).toMatchObject({
        succeeded: 4,
        ready: 0,
        terminating: 0,
        uncountedTerminatedPods: {},
      });
      expect(await cluster.conditions()).toEqual([
        "SuccessCriteriaMet=True CompletionsReached",
        "Complete=True CompletionsReached",
      ]);
      const pods = await cluster.pods();
      expect(pods).toHaveLength(4);
      expect(pods.some(({ metadata }) => metadata.finalizers?.includes(TRACKING_FINALIZER))).toBe(
        false,
      );
      const events = await cluster.events();
      expect(
        events.filter((event) => event.startsWith("Normal SuccessfulCreate Created pod: hello-")),
      ).toHaveLength(4);
      expect(events).toContain("Normal Completed Job completed");
    });

    it("makes all its pods once, in many transactions and through restarts", async () => {
      await cluster.createJob({ completions: 130, parallelism: 130, completionMode: "Indexed" });
      await cluster.restart();
      await cluster.restart();
      const pods = await cluster.active();
      expect(new Set(pods.map(({ spec }) => spec.hostname)).size).toBe(130);
      expect(pods).toHaveLength(130);
      await cluster.end(0, ...pods.slice(0, 65));
      await cluster.restart();
      await cluster.end(0, ...pods.slice(65));
      expect((await cluster.job()).status).toMatchObject({
        succeeded: 130,
        completedIndexes: "0-129",
      });
      expect(await cluster.pods()).toHaveLength(130);
    });

    it("makes no pod twice while the news of its pods is late", async () => {
      cluster.lateness = 50;
      await cluster.createJob({ completions: 12, parallelism: 6 });
      await cluster.settle();
      expect(await cluster.pods()).toHaveLength(6);
      await cluster.end(0, ...(await cluster.active()));
      await cluster.end(0, ...(await cluster.active()));
      expect(await cluster.pods()).toHaveLength(12);
      expect((await cluster.job()).status?.succeeded).toBe(12);
    });

    it("makes no pods while it is suspended, and deletes them when it becomes so", async () => {
      await cluster.createJob({ suspend: true, parallelism: 2, completions: 2 });
      await cluster.advance(60);
      expect(await cluster.pods()).toEqual([]);
      const suspend = (value: boolean) =>
        cluster.store.modify(JOBS, "default", "hello", (job) => ({
          ...job,
          spec: { ...job.spec, suspend: value },
        }));
      await suspend(false);
      await cluster.settle();
      await cluster.run(...(await cluster.active()));
      expect((await cluster.job()).status).toMatchObject({ active: 2, ready: 2 });
      await suspend(true);
      await cluster.settle();
      await cluster.kill();
      expect(await cluster.pods()).toEqual([]);
      const { status } = await cluster.job();
      expect(status?.failed).toBeUndefined();
      expect(status).toMatchObject({ ready: 0, terminating: 0 });
    });

    it("fails when it exceeds its active deadline, and its pods go", async () => {
      await cluster.createJob({ activeDeadlineSeconds: 30, parallelism: 2, completions: 2 });
      await cluster.settle();
      await cluster.run(...(await cluster.active()));
      await cluster.advance(29);
      expect(await cluster.conditions()).toEqual([]);
      await cluster.advance(1);
      expect(await cluster.conditions()).toEqual(["FailureTarget=True DeadlineExceeded"]);
      await cluster.kill();
      expect(await cluster.conditions()).toEqual([
        "FailureTarget=True DeadlineExceeded",
        "Failed=True DeadlineExceeded",
      ]);
      expect(await cluster.events()).toContain(
        "Warning DeadlineExceeded Job was active longer than specified deadline",
      );
      expect(await cluster.pods()).toEqual([]);
    });

    it("backs off, and fails when it exceeds its back-off limit", async () => {
      await cluster.createJob({ backoffLimit: 1 });
      await cluster.settle();
      await cluster.end(1, ...(await cluster.active()));
      expect(await cluster.active()).toEqual([]);
      await cluster.advance(9);
      expect(await cluster.active()).toEqual([]);
      await cluster.advance(1);
      await cluster.end(1, ...(await cluster.active()));
      expect((await cluster.conditions())[1]).toBe("Failed=True BackoffLimitExceeded");
      expect((await cluster.pods()).map(({ status }) => status?.phase)).toEqual([
        "Failed",
        "Failed",
      ]);
    });

    it("adopts matching orphans and releases pods that do not match", async () => {
      await cluster.createJob({ parallelism: 2, completions: 2 });
      await cluster.settle();
      const [first] = await cluster.active();
      const change = (what: "ownerReferences" | "labels") =>
        cluster.store.modify(PODS, "default", first!.metadata.name, (pod) => {
          delete pod.metadata[what];
          return pod;
        });
      await change("ownerReferences");
      await cluster.advance(2);
      const adopted = await cluster.store.get(PODS, "default", first!.metadata.name);
      expect(adopted.metadata.ownerReferences).toMatchObject([
        { uid: "uid-hello", controller: true },
      ]);
      // Else its end would never be counted.
      expect(adopted.metadata.finalizers).toEqual(["batch.kubernetes.io/job-tracking"]);
      await change("labels");
      await cluster.advance(2);
      const released = await cluster.store.get(PODS, "default", first!.metadata.name);
      expect(released.metadata.ownerReferences).toBeUndefined();
      expect(await cluster.active()).toHaveLength(3);
    });

    it.each([
      ["Background", 0],
      ["Foreground", 0],
      ["Orphan", 2],
    ] as const)("is deleted with propagation %s", async (propagationPolicy, left) => {
      await cluster.createJob({ parallelism: 2, completions: 2 });
      await cluster.settle();
      await cluster.run(...(await cluster.active()));
      await cluster.store.delete(JOBS, "default", "hello", { propagationPolicy });
      await cluster.settle();
      if (propagationPolicy === "Foreground") expect(await cluster.jobs()).toHaveLength(1);
      else expect(await cluster.jobs()).toEqual([]);
      await cluster.kill();
      expect(await cluster.jobs()).toEqual([]);
      const pods = await cluster.pods();
      expect(pods).toHaveLength(left);
      for (const { metadata } of pods) {
        expect([metadata.ownerReferences, metadata.finalizers]).toEqual([undefined, undefined]);
      }
    });

    it("is deleted with its pods after its TTL", async () => {
      await cluster.createJob({ ttlSecondsAfterFinished: 10 });
      await cluster.settle();
      await cluster.end(0, ...(await cluster.active()));
      await cluster.advance(9);
      expect(await cluster.jobs()).toHaveLength(1);
      await cluster.advance(2);
      expect(await cluster.jobs()).toEqual([]);
      expect(await cluster.pods()).toEqual([]);
    });

    it("is left alone when it is managed by somebody else", async () => {
      await cluster.createJob({ managedBy: "example.com/other" });
      await cluster.advance(10);
      expect(await cluster.pods()).toEqual([]);
      expect((await cluster.job()).status).toBeUndefined();
    });

    it("goes with its namespace", async () => {
      await cluster.createNamespace("default");
      await cluster.createJob({});
      await cluster.settle();
      await cluster.run(...(await cluster.active()));
      await cluster.store.delete(NAMESPACES, "", "default");
      await cluster.settle();
      await cluster.kill();
      await cluster.advance(2);
      expect(await cluster.jobs()).toEqual([]);
      expect((await cluster.store.list(NAMESPACES)).items).toEqual([]);
    });
  });

  describe(`CronJob, ${where}`, () => {
    it("AllowConcurrent: schedules Jobs side by side", async () => {
      await cluster.createCronJob();
      await cluster.advance(125);
      expect((await cluster.cronJob()).status?.active).toHaveLength(2);
      expect(await cluster.jobs()).toHaveLength(2);
      expect(await cluster.ledger()).toEqual(["09:01 Ran", "09:02 Ran"]);
    });

    it("ForbidConcurrent: starts nothing while a Job is active", async () => {
      await cluster.createCronJob({ concurrencyPolicy: "Forbid" });
      await cluster.advance(245);
      const [job, ...others] = await cluster.jobs();
      expect(others).toEqual([]);
      expect(await cluster.events()).toContain(
        "Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid",
      );
      await cluster.finishJob(job!);
      expect(await cluster.ledger()).toEqual([
        "09:01 Ran",
        "09:02 Forbidden",
        "09:03 Forbidden",
        "09:04 Ran",
      ]);
    });

    it("ReplaceConcurrent: one Job at most", async () => {
      await cluster.createCronJob({ concurrencyPolicy: "Replace" });
      await cluster.advance(185);
      expect(await cluster.jobs()).toHaveLength(1);
      const { status } = await cluster.cronJob();
      expect(status?.active).toHaveLength(1);
      expect(status?.lastScheduleTime).toBe("2026-11-30T09:03:00Z");
    });

    it("Suspend: nothing runs", async () => {
      await cluster.createCronJob({ suspend: true });
      await cluster.advance(190);
      expect(await cluster.jobs()).toEqual([]);
      expect(await cluster.ledger()).toEqual(["09:01 Suspended", "09:02 Suspended"]);
    });

    it("more than a hundred missed: the newest runs", async () => {
      await cluster.createCronJob({});
      await cluster.running.stop();
      cluster.clock.advance(5 * 3_600_000);
      await cluster.restart();
      expect((await cluster.jobs()).map(({ metadata }) => metadata.name)).toEqual([
        `tick-${cluster.clock.wallTime() / 60_000}`,
      ]);
      expect((await cluster.ledger()).at(-1)).toBe("14:00 Ran");
    });

    it("removes deleted Jobs from the active ones, and emits no unexpected warnings before", async () => {
      await cluster.createCronJob({ schedule: "0 * * * *" });
      await cluster.advance(3_600);
      const [job] = await cluster.jobs();
      const told = async (what: string) =>
        (await cluster.events()).filter((event) => event.startsWith(what));
      expect(await told("Warning")).toEqual([]);
      await cluster.store.delete(JOBS, "default", job!.metadata.name, {
        propagationPolicy: "Background",
      });
      await cluster.settle();
      expect((await cluster.cronJob()).status?.active).toBeUndefined();
      expect(await told("Warning")).toEqual([]);
      expect(await told("Normal MissingJob")).toEqual([
        `Normal MissingJob Active job went missing: ${job!.metadata.name}`,
      ]);
    });

    it("a new schedule has no slots from before it", async () => {
      await cluster.createCronJob({ schedule: "0 * * * *" });
      await cluster.advance(1_800);
      await cluster.store.modify(CRON_JOBS, "default", "tick", (cronJob) => {
        cronJob.spec.schedule = "*/10 * * * *";
        return cronJob;
      });
      await cluster.advance(1);
      expect(await cluster.jobs()).toEqual([]);
      await cluster.advance(600);
      expect(await cluster.jobs()).toHaveLength(1);
    });

    it("history limits: deletes finished Jobs beyond them", async () => {
      await cluster.createCronJob({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 });
      for (const type of ["Complete", "Failed", "Complete", "Failed"] as const) {
        await cluster.advance(60);
        await cluster.finishJob((await cluster.jobs()).at(-1)!, type);
      }
      expect((await cluster.jobs()).map(({ metadata }) => metadata.name.slice(-1))).toEqual(
        [3, 4].map((minute) => String((Date.parse("2026-11-30T09:00:00Z") / 60_000 + minute) % 10)),
      );
    });

    it("a Job of the slot's name that somebody else made is left alone, and the ledger says so", async () => {
      await cluster.createCronJob();
      await cluster.createJob(
        { parallelism: 0 },
        `tick-${Date.parse("2026-11-30T09:01:00Z") / 60_000}`,
      );
      await cluster.advance(65);
      expect(await cluster.jobs()).toHaveLength(1);
      expect(await cluster.ledger()).toEqual(["09:01 LostRace"]);
      expect((await cluster.cronJob()).status?.lastScheduleTime).toBe("2026-11-30T09:01:00Z");
    });
  });
}
