import { describe, expect, it } from "vitest";
import { INDEX_ANNOTATION, TRACKING_FINALIZER } from "../../src/controllers/job/pod-state.ts";
import { JobWorld } from "./job-world.ts";

const indexes = (world: JobWorld): (string | undefined)[] =>
  world.active.map(({ metadata }) => metadata.annotations?.[INDEX_ANNOTATION]);

/** Ends all active pods, again and again, until the Job is finished; gives the seconds it took. */
function runAll(world: JobWorld, exit: (index: number) => number, limitSeconds = 3_600): number {
  const began = world.now;
  for (let plan = world.settle(); ;) {
    for (const pod of world.active)
      world.end(pod, exit(Number(pod.metadata.annotations?.[INDEX_ANNOTATION] ?? -1)));
    plan = world.settle();
    world.kill();
    world.settle();
    if (world.conditions().some((text) => /^(Complete|Failed)=/.test(text))) break;
    if (world.now - began > limitSeconds * 1_000) throw new Error(JSON.stringify(world.status));
    if (world.active.length === 0) world.after((plan.againMs ?? 1_000) / 1_000);
  }
  return (world.now - began) / 1_000;
}

describe("reconcileJob: completions", () => {
  it("makes one pod, and is complete when it has succeeded", () => {
    const world = new JobWorld();
    world.settle();
    expect(world.status).toMatchObject({
      active: 1,
      ready: 0,
      terminating: 0,
      startTime: "2026-11-30T09:00:00Z",
    });
    const [pod] = world.active;
    expect(pod!.metadata.finalizers).toEqual([TRACKING_FINALIZER]);
    expect(pod!.metadata.ownerReferences).toMatchObject([
      { kind: "Job", uid: "job-uid", controller: true },
    ]);
    world.run(pod!);
    world.settle();
    expect(world.status.ready).toBe(1);
    world.end(pod!, 0);
    world.after(5);
    expect(world.status).toEqual({
      startTime: "2026-11-30T09:00:00Z",
      completionTime: "2026-11-30T09:00:05Z",
      succeeded: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      conditions: ["SuccessCriteriaMet", "Complete"].map((type) => ({
        type,
        status: "True",
        reason: "CompletionsReached",
        message: "Reached expected number of succeeded pods",
        lastProbeTime: "2026-11-30T09:00:05Z",
        lastTransitionTime: "2026-11-30T09:00:05Z",
      })),
    });
    expect(world.events).toEqual(["Completed: Job completed"]);
    expect(world.pods[0]!.metadata.finalizers).toBeUndefined();
  });

  it("keeps parallelism pods active, and no more than are still needed", () => {
    const world = new JobWorld({ completions: 4, parallelism: 3 });
    world.settle();
    expect(world.active).toHaveLength(3);
    world.end(world.active[0]!, 0);
    world.end(world.active[0]!, 0);
    world.settle();
    expect(world.active).toHaveLength(2);
    expect(world.status.succeeded).toBe(2);
    runAll(world, () => 0);
    expect(world.created).toHaveLength(4);
  });

  it("without completions starts nobody after the first success, and ends with the last", () => {
    const world = new JobWorld({ parallelism: 3 });
    delete world.job.spec.completions;
    world.settle();
    world.end(world.active[0]!, 0);
    world.settle();
    expect(world.active).toHaveLength(2);
    expect(world.conditions()).toEqual([]);
    runAll(world, () => 0);
    expect(world.created).toHaveLength(3);
    expect(world.status.succeeded).toBe(3);
  });

  it("without completions keeps who runs after the first success, also when parallelism is lowered", () => {
    const world = new JobWorld({ parallelism: 3 });
    delete world.job.spec.completions;
    world.settle();
    world.end(world.active[0]!, 0);
    world.job.spec.parallelism = 0;
    world.settle();
    expect(world.active).toHaveLength(2);
  });

  it("warns when more pods have succeeded than were wanted", () => {
    const world = new JobWorld({ completions: 3, parallelism: 3 });
    world.settle();
    for (const pod of world.active) world.end(pod, 0);
    world.job.spec.completions = 2;
    world.settle();
    expect(world.events).toEqual([
      "TooManySucceededPods: Too many succeeded pods running after completion count reached",
      "Completed: Job completed",
    ]);
  });

  it("is paused by parallelism 0 and deletes the pods that are too many", () => {
    const world = new JobWorld({ completions: 5, parallelism: 3 });
    world.settle();
    world.job.spec.parallelism = 1;
    world.settle();
    world.kill();
    world.settle();
    expect(world.active).toHaveLength(1);
    world.job.spec.parallelism = 0;
    world.settle();
    world.kill();
    world.settle();
    expect(world.active).toHaveLength(0);
    expect(world.status.failed).toBeUndefined();
  });

  it("counts each end once, whatever pods it has to make in many passes", () => {
    const world = new JobWorld({ completions: 150, parallelism: 150 });
    world.settle();
    expect(world.active).toHaveLength(150);
    runAll(world, () => 0);
    expect(world.status.succeeded).toBe(150);
    expect(world.created).toHaveLength(150);
  });
});

describe("reconcileJob: failures", () => {
  it("waits as long after failures whose pods are gone", () => {
    const world = new JobWorld({ backoffLimit: 3 });
    for (const seconds of [10, 20]) {
      world.settle();
      world.end(world.active[0]!, 1);
      world.pass();
      world.pods = [];
      expect(world.settle().againMs).toBe(seconds * 1_000);
      world.now += seconds * 1_000;
    }
    world.settle();
    expect(world.active).toHaveLength(1);
  });

  it("waits 10, 20, 40 seconds between failures and gives up beyond the limit", () => {
    const world = new JobWorld({ backoffLimit: 2 });
    expect(runAll(world, () => 1)).toBe(30);
    expect(world.created).toHaveLength(3);
    expect(world.conditions()).toEqual([
      "FailureTarget=True BackoffLimitExceeded",
      "Failed=True BackoffLimitExceeded",
    ]);
    expect(world.status).toMatchObject({ failed: 3 });
    expect(world.status.completionTime).toBeUndefined();
    expect(world.events).toEqual([
      "BackoffLimitExceeded: Job has reached the specified backoff limit",
    ]);
  });

  it("kills what runs at the deadline, and says Failed only when all are gone", () => {
    const world = new JobWorld({ completions: 2, parallelism: 2, activeDeadlineSeconds: 60 });
    expect(world.settle().againMs).toBe(60_000);
    world.run(...world.active);
    world.after(59.999);
    expect(world.active).toHaveLength(2);
    world.after(0.001);
    expect(world.active).toHaveLength(0);
    expect(world.conditions()).toEqual(["FailureTarget=True DeadlineExceeded"]);
    expect(world.status).toMatchObject({ failed: 2, terminating: 2, ready: 0 });
    world.kill();
    world.settle();
    expect(world.conditions()[1]).toBe("Failed=True DeadlineExceeded");
    expect(world.status).toMatchObject({ failed: 2, terminating: 0 });
  });

  it("with OnFailure counts restarts in place against the limit", () => {
    const world = new JobWorld({
      backoffLimit: 2,
      template: { spec: { containers: [], restartPolicy: "OnFailure" } },
    });
    world.settle();
    world.run(world.active[0]!);
    const status = { name: "main", ready: true, image: "", imageID: "" };
    world.active[0]!.status!.containerStatuses = [{ ...status, restartCount: 1 }];
    world.settle();
    expect(world.conditions()).toEqual([]);
    world.active[0]!.status!.containerStatuses = [{ ...status, restartCount: 2 }];
    world.settle();
    expect(world.conditions()).toEqual(["FailureTarget=True BackoffLimitExceeded"]);
  });

  it("replaces a pod that is being deleted at once, and counts it as failed", () => {
    const world = new JobWorld({ backoffLimit: 5 });
    world.settle();
    world.delete(world.active[0]!);
    world.settle();
    expect(world.status).toMatchObject({ failed: 1, terminating: 1 });
    world.after(10);
    expect(world.status).toMatchObject({ active: 1, terminating: 1 });
  });

  it("with podReplacementPolicy Failed waits until the pod has ended", () => {
    const world = new JobWorld({ backoffLimit: 5, podReplacementPolicy: "Failed" });
    world.settle();
    const [pod] = world.active;
    world.delete(pod!);
    world.after(60);
    expect(world.created).toHaveLength(1);
    expect(world.status).toMatchObject({ terminating: 1 });
    world.end(pod!, 143);
    world.after(10);
    expect(world.created).toHaveLength(2);
    expect(world.status).toMatchObject({ failed: 1, active: 1 });
  });
});

describe("reconcileJob: podFailurePolicy", () => {
  const onExit = (action: "FailJob" | "FailIndex" | "Ignore" | "Count", ...values: number[]) => ({
    action,
    onExitCodes: { containerName: "main", operator: "In" as const, values },
  });

  it("FailJob ends the Job with the rule's words", () => {
    const world = new JobWorld({
      podFailurePolicy: { rules: [onExit("Ignore", 7), onExit("FailJob", 42)] },
    });
    world.settle();
    world.end(world.active[0]!, 42);
    world.settle();
    expect(world.status.conditions?.[1]).toMatchObject({
      type: "Failed",
      reason: "PodFailurePolicy",
      message:
        "Container main for pod default/hello-0 failed with exit code 42 matching FailJob rule at index 1",
    });
  });

  it("Ignore does not count, but waits", () => {
    const world = new JobWorld({
      backoffLimit: 0,
      podFailurePolicy: { rules: [onExit("Ignore", 42)] },
    });
    world.settle();
    world.end(world.active[0]!, 42);
    world.settle();
    expect(world.active).toHaveLength(0);
    world.after(10);
    expect(world.active).toHaveLength(1);
    expect(world.status.failed).toBeUndefined();
    world.end(world.active[0]!, 1);
    world.settle();
    expect(world.conditions()[1]).toBe("Failed=True BackoffLimitExceeded");
  });

  it("matches conditions of the pod", () => {
    const rule = {
      action: "FailJob" as const,
      onPodConditions: [{ type: "DisruptionTarget", status: "True" as const }],
    };
    const world = new JobWorld({ podFailurePolicy: { rules: [rule] } });
    world.settle();
    world.end(world.active[0]!, 137, ["DisruptionTarget"]);
    world.settle();
    expect(world.status.conditions?.[0]?.message).toBe(
      "Pod default/hello-0 has condition DisruptionTarget matching FailJob rule at index 0",
    );
  });

  it("FailIndex gives up an index at once", () => {
    const world = new JobWorld({
      completions: 3,
      parallelism: 3,
      completionMode: "Indexed",
      backoffLimitPerIndex: 3,
      podFailurePolicy: { rules: [onExit("FailIndex", 3)] },
    });
    expect(runAll(world, (index) => (index === 1 ? 3 : 0))).toBe(0);
    expect(world.status).toMatchObject({ completedIndexes: "0,2", failedIndexes: "1", failed: 1 });
    expect(world.conditions()[1]).toBe("Failed=True FailedIndexes");
  });
});

describe("reconcileJob: Indexed", () => {
  it("gives each pod its index in name, label, annotation, hostname and environment", () => {
    const world = new JobWorld({ completions: 2, parallelism: 2, completionMode: "Indexed" });
    world.settle();
    const [, pod] = world.active;
    expect(pod).toMatchObject({
      metadata: {
        generateName: "hello-1-",
        labels: { [INDEX_ANNOTATION]: "1" },
        annotations: { [INDEX_ANNOTATION]: "1" },
      },
      spec: { hostname: "hello-1", containers: [{ env: [{ name: "JOB_COMPLETION_INDEX" }] }] },
    });
  });

  it("makes the lowest missing index again, never one twice", () => {
    const world = new JobWorld({ completions: 5, parallelism: 3, completionMode: "Indexed" });
    world.settle();
    expect(indexes(world)).toEqual(["0", "1", "2"]);
    world.end(world.active[1]!, 0);
    world.settle();
    expect(indexes(world)).toEqual(["0", "2", "3"]);
    expect(world.status.completedIndexes).toBe("1");
    world.end(world.active[0]!, 1);
    world.after(10);
    expect(indexes(world)).toEqual(["2", "3", "0"]);
    runAll(world, () => 0);
    expect(world.status).toMatchObject({ completedIndexes: "0-4", succeeded: 5, failed: 1 });
  });

  it("counts failures per index, each with its own pause", () => {
    const world = new JobWorld({
      completions: 4,
      parallelism: 4,
      completionMode: "Indexed",
      backoffLimitPerIndex: 1,
    });
    expect(runAll(world, (index) => index % 2)).toBe(10);
    expect(world.status).toMatchObject({
      completedIndexes: "0,2",
      failedIndexes: "1,3",
      failed: 4,
      succeeded: 2,
    });
    expect(
      world.created.map(
        ({ metadata }) => metadata.annotations?.["batch.kubernetes.io/job-index-failure-count"],
      ),
    ).toEqual(["0", "0", "0", "0", "1", "1"]);
    expect(world.conditions()[1]).toBe("Failed=True FailedIndexes");
    expect(world.pods.every(({ metadata }) => metadata.finalizers === undefined)).toBe(true);
  });

  it("ends beyond maxFailedIndexes", () => {
    const world = new JobWorld({
      completions: 10,
      parallelism: 1,
      completionMode: "Indexed",
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 0,
    });
    runAll(world, () => 1);
    expect(world.status).toMatchObject({ failed: 1, failedIndexes: "0" });
    expect(world.conditions()[1]).toBe("Failed=True MaxFailedIndexesExceeded");
  });

  it.each([
    [{ succeededIndexes: "0" }, "0", 0],
    [{ succeededCount: 2 }, "0,2", 0],
    [{ succeededIndexes: "2-4", succeededCount: 1 }, "0,2", 0],
  ])("successPolicy %o is met", (rule, completed, at) => {
    const world = new JobWorld({
      completions: 5,
      parallelism: 1,
      completionMode: "Indexed",
      backoffLimit: 100,
      successPolicy: { rules: [rule] },
    });
    world.settle();
    for (let i = 0; i < 10 && world.conditions().length === 0; i++) {
      const [pod] = world.active;
      if (pod === undefined) world.after(10);
      else {
        // Index 1 succeeds at its third attempt only, and with two at a time 2 overtakes it.
        world.job.spec.parallelism = 2;
        world.settle();
        const winner = world.active.find(
          ({ metadata }) => metadata.annotations?.[INDEX_ANNOTATION] !== "1",
        );
        world.end(winner!, 0);
        world.settle();
      }
    }
    world.kill();
    world.settle();
    expect(world.conditions()).toEqual([
      "SuccessCriteriaMet=True SuccessPolicy",
      "Complete=True SuccessPolicy",
    ]);
    expect(world.status.conditions?.[0]?.message).toBe(`Matched rules at index ${at}`);
    expect(world.status.completedIndexes).toBe(completed);
    expect(world.status).toMatchObject({ ready: 0, terminating: 0 });
  });
});

describe("reconcileJob: pods that run at the end", () => {
  it("lets them go uncounted when the Job has met its success policy", () => {
    const world = new JobWorld({
      completions: 3,
      parallelism: 3,
      completionMode: "Indexed",
      successPolicy: { rules: [{ succeededCount: 1 }] },
    });
    world.settle();
    world.end(world.active[0]!, 0);
    world.settle();
    expect(world.pods.map(({ metadata }) => metadata.finalizers)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(world.status).toMatchObject({ succeeded: 1, terminating: 2 });
    expect(world.status.failed).toBeUndefined();
    world.kill();
    world.settle();
    expect(world.conditions()[1]).toBe("Complete=True SuccessPolicy");
    expect(world.status.failed).toBeUndefined();
  });

  it("counts them as failed when the Job has failed, before they have ended", () => {
    const world = new JobWorld({ completions: 3, parallelism: 3, backoffLimit: 0 });
    world.settle();
    world.end(world.active[0]!, 1);
    world.settle();
    expect(world.status).toMatchObject({ failed: 3, terminating: 2 });
    expect(world.conditions()).toEqual(["FailureTarget=True BackoffLimitExceeded"]);
  });
});

describe("reconcileJob: a Job that is being deleted", () => {
  it("lets its pods go, and counts only those that have ended", () => {
    const world = new JobWorld({ completions: 3, parallelism: 3, backoffLimit: 0 });
    world.settle();
    world.job.metadata = {
      ...world.job.metadata,
      deletionTimestamp: "2026-11-30T09:00:00Z",
      finalizers: ["foregroundDeletion"],
    };
    world.end(world.active[0]!, 0);
    world.delete(world.active[0]!);
    world.settle();
    expect(world.pods.every(({ metadata }) => metadata.finalizers === undefined)).toBe(true);
    expect(world.status).toMatchObject({ succeeded: 1, active: 1, terminating: 1 });
    expect(world.status.failed).toBeUndefined();
    expect(world.conditions()).toEqual([]);
  });
});

describe("reconcileJob: a Job whose pods are made nobody's", () => {
  it("does not come to its end by that", () => {
    const world = new JobWorld({ backoffLimit: 0, completions: 2, parallelism: 2 });
    world.settle();
    world.end(world.active[0]!, 1);
    world.settle();
    world.job.metadata = {
      ...world.job.metadata,
      deletionTimestamp: "2026-11-30T09:00:00Z",
      finalizers: ["orphan"],
    };
    world.pods = [];
    world.settle();
    expect(world.conditions()).toEqual(["FailureTarget=True BackoffLimitExceeded"]);
  });
});

describe("reconcileJob: suspend", () => {
  it("gives a Job that ended while it was suspended its start time with its end, not when it is resumed", () => {
    const world = new JobWorld({ completionMode: "Indexed", parallelism: 2, completions: 2 });
    world.settle();
    world.job.spec.suspend = true;
    world.settle();
    Object.assign(world.job.spec, { parallelism: 0, completions: 0 });
    world.settle();
    expect(world.status).toMatchObject({ terminating: 2 });
    world.job.spec.suspend = false;
    world.settle();
    expect(world.status.startTime).toBeUndefined();
    world.kill();
    world.settle();
    expect(world.status.startTime).toBeDefined();
    expect(world.conditions().at(-1)).toMatch(/^Complete=/);
  });

  it("lets a Job finish whose last pod succeeds meanwhile", () => {
    const world = new JobWorld({ podReplacementPolicy: "Failed" });
    world.settle();
    world.delete(world.active[0]!);
    world.job.spec.suspend = true;
    world.settle();
    world.end(world.pods[0]!, 0);
    world.settle();
    expect(world.conditions().at(-1)).toBe("Complete=True CompletionsReached");
    expect(world.status.startTime).toBe("2026-11-30T09:00:00Z");
  });

  it("makes no pods for a Job that is created suspended, nor a start time", () => {
    const world = new JobWorld({ suspend: true, activeDeadlineSeconds: 10 });
    world.settle();
    expect(world.created).toHaveLength(0);
    expect(world.status.startTime).toBeUndefined();
    expect(world.conditions()).toEqual(["Suspended=True JobSuspended"]);
    expect(world.events).toEqual(["Suspended: Job suspended"]);
    world.now += 100_000;
    world.job.spec.suspend = false;
    world.settle();
    expect(world.conditions()).toEqual(["Suspended=False JobResumed"]);
    expect(world.status.startTime).toBe("2026-11-30T09:01:40Z");
    expect(world.active).toHaveLength(1);
  });

  it("deletes pods without counting them, and runs the deadline anew", () => {
    const world = new JobWorld({ completions: 2, parallelism: 2, activeDeadlineSeconds: 100 });
    world.settle();
    world.after(90);
    world.job.spec.suspend = true;
    world.settle();
    expect(world.status).toMatchObject({ terminating: 2 });
    expect(world.status.startTime).toBeUndefined();
    world.kill();
    world.after(1_000);
    expect(world.status).toMatchObject({ terminating: 0 });
    expect(world.status.failed).toBeUndefined();
    world.job.spec.suspend = false;
    expect(world.settle().againMs).toBe(100_000);
    expect(world.active).toHaveLength(2);
    expect(world.events).toEqual(["Suspended: Job suspended", "Resumed: Job resumed"]);
  });
});

describe("claimPods", () => {
  it("adopts an orphan of the selector, and releases what does not match any more", () => {
    const world = new JobWorld({ completions: 2, parallelism: 2 });
    world.settle();
    delete world.pods[0]!.metadata.ownerReferences;
    world.settle();
    expect(world.pods[0]!.metadata.ownerReferences).toMatchObject([{ uid: "job-uid" }]);
    expect(world.created).toHaveLength(2);
    world.pods[0]!.metadata.labels = {};
    world.settle();
    expect(world.pods[0]!.metadata.ownerReferences).toBeUndefined();
    expect(world.pods[0]!.metadata.finalizers).toBeUndefined();
    expect(world.created).toHaveLength(3);
  });
});
