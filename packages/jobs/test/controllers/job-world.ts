import {
  adopted,
  claimPods,
  released,
  withoutFinalizer,
} from "../../src/controllers/job/claim-pods.ts";
import { type JobPlan, reconcileJob } from "../../src/controllers/job/reconcile-job.ts";
import { type Job, type Pod, timeText } from "../../src/jobs.ts";
import type { JobSpec } from "../../src/objects/job.ts";

export const START: number = Date.parse("2026-11-30T09:00:00Z");
const UID_LABEL = "batch.kubernetes.io/controller-uid";

export function job(spec: Partial<JobSpec> = {}): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: "hello",
      namespace: "default",
      uid: "job-uid",
      creationTimestamp: timeText(START),
    },
    spec: {
      parallelism: 1,
      completions: 1,
      selector: { matchLabels: { [UID_LABEL]: "job-uid" } },
      ...spec,
      template: {
        metadata: { labels: { [UID_LABEL]: "job-uid" } },
        spec: {
          restartPolicy: "Never",
          containers: [{ name: "main", image: "busybox" }],
          ...spec.template?.spec,
        },
      },
    },
  };
}

/** One Job, its pods and a clock; plans are carried out as the executor would. */
export class JobWorld {
  job: Job;
  pods: Pod[] = [];
  now = START;
  readonly events: string[] = [];
  /** How many pods each pass made. */
  readonly created: Pod[] = [];

  #failures: JobPlan["failures"];

  constructor(spec: Partial<JobSpec> = {}) {
    this.job = job(spec);
  }

  get status(): NonNullable<Job["status"]> {
    return this.job.status ?? {};
  }

  conditions(): string[] {
    return (this.status.conditions ?? []).map(
      ({ type, status, reason }) => `${type}=${status} ${reason}`,
    );
  }

  /** One pass of the controller. */
  pass(): JobPlan {
    const claimed = claimPods(this.job, this.pods);
    for (const pod of claimed.orphans) this.#replace(pod, adopted(this.job, pod) ?? pod);
    for (const pod of claimed.strangers) this.#replace(pod, released(this.job, pod) ?? pod);
    const { owned } = claimPods(this.job, this.pods);
    const plan = reconcileJob(
      structuredClone(this.job),
      structuredClone(owned),
      this.now,
      this.#failures,
    );
    this.#failures = plan.failures;
    this.job = { ...this.job, status: plan.status };
    for (const pod of plan.create) this.#create(pod);
    for (const pod of plan.release) this.#replace(pod, withoutFinalizer(this.#find(pod)));
    for (const pod of plan.remove) this.delete(pod, plan.forget);
    this.events.push(...plan.events.map(({ reason, message }) => `${reason}: ${message}`));
    this.#sweep();
    return plan;
  }

  /** Passes until nothing changes, without time going on. */
  settle(): JobPlan {
    for (let i = 0; i < 100; i++) {
      const before = JSON.stringify([this.job, this.pods]);
      const plan = this.pass();
      if (JSON.stringify([this.job, this.pods]) === before && plan.againMs !== 0) return plan;
    }
    throw new Error("the Job does not come to rest");
  }

  /** Time goes on, then the controller has its passes. */
  after(seconds: number): JobPlan {
    this.now += seconds * 1_000;
    return this.settle();
  }

  get active(): Pod[] {
    return this.pods.filter(
      ({ status, metadata }) =>
        metadata.deletionTimestamp === undefined &&
        (status?.phase ?? "Pending") !== "Succeeded" &&
        status?.phase !== "Failed",
    );
  }

  run(...pods: Pod[]): void {
    for (const { metadata } of pods) {
      const pod = this.pods.find((each) => each.metadata.uid === metadata.uid)!;
      pod.status = {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: timeText(this.now) }],
      };
    }
  }

  end(pod: Pod, exitCode: number, conditions: string[] = []): void {
    const found = this.#find(pod);
    found.status = {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      conditions: conditions.map((type) => ({ type, status: "True" })),
      containerStatuses: [
        {
          name: "main",
          ready: false,
          restartCount: 0,
          image: "busybox",
          imageID: "",
          state: { terminated: { exitCode, finishedAt: timeText(this.now) } },
        },
      ],
    };
  }

  delete(pod: Pod, forget = false): void {
    const found = this.#find(pod);
    if (forget) this.#replace(pod, withoutFinalizer(found));
    const again = this.#find(pod);
    again.metadata = {
      ...again.metadata,
      deletionTimestamp: timeText(this.now),
      deletionGracePeriodSeconds: 30,
    };
  }

  /** The processes of pods that are being deleted have ended. */
  kill(): void {
    for (const pod of this.pods) {
      const { metadata } = pod;
      if (metadata.deletionTimestamp === undefined) continue;
      metadata.deletionGracePeriodSeconds = 0;
    }
    this.#sweep();
  }

  #sweep(): void {
    this.pods = this.pods.filter(
      ({ metadata }) =>
        metadata.deletionTimestamp === undefined ||
        metadata.deletionGracePeriodSeconds !== 0 ||
        (metadata.finalizers?.length ?? 0) > 0,
    );
  }

  #create(pod: Pod): void {
    const number = this.created.length;
    const stored: Pod = {
      ...structuredClone(pod),
      metadata: {
        ...pod.metadata,
        name: `${pod.metadata.generateName}${number}`,
        uid: `pod-${number}`,
        creationTimestamp: timeText(this.now),
      },
    };
    this.pods.push(stored);
    this.created.push(stored);
  }

  #find(pod: Pod): Pod {
    return this.pods.find(({ metadata }) => metadata.uid === pod.metadata.uid)!;
  }

  #replace(pod: Pod, next: Pod): void {
    this.pods = this.pods.map((each) => (each.metadata.uid === pod.metadata.uid ? next : each));
  }
}
