import type { CronJob } from "@nodetcd/jobs";

export interface Work {
  readonly spec?: Partial<CronJob["spec"]>;
  readonly job?: Partial<CronJob["spec"]["jobTemplate"]["spec"]>;
  readonly restartPolicy?: "Never" | "OnFailure";
  /** What its container does, for bash, after it has left a mark for its attempt. Real seconds. */
  readonly run: string;
  /** The condition that each of its Jobs ends with, and its reason. */
  readonly ends: readonly ["Complete" | "Failed", string];
}

const COMPLETE = ["Complete", "CompletionsReached"] as const;
const INDEXES = { completions: 3, parallelism: 2, completionMode: "Indexed" } as const;

/** A CronJob for each way to begin and to end. By the clock of the tests a slot comes every few seconds. */
export const WORKS: Readonly<Record<string, Work>> = {
  allow: { run: "sleep 0.3", ends: COMPLETE },
  forbid: { spec: { concurrencyPolicy: "Forbid" }, run: "sleep 8 & wait", ends: COMPLETE },
  // Long enough that a worker is back while it runs.
  long: { spec: { concurrencyPolicy: "Forbid" }, run: "sleep 40", ends: COMPLETE },
  replace: { spec: { concurrencyPolicy: "Replace" }, run: "sleep $((RANDOM % 9))", ends: COMPLETE },
  failing: { job: { backoffLimit: 1 }, run: "exit 1", ends: ["Failed", "BackoffLimitExceeded"] },
  again: {
    restartPolicy: "OnFailure",
    run: 'case "$NODETCD_ATTEMPT" in */0) exit 3;; esac',
    ends: COMPLETE,
  },
  indexed: {
    spec: { concurrencyPolicy: "Forbid" },
    job: INDEXES,
    run: "sleep 0.2",
    ends: COMPLETE,
  },
  // It takes no notice of SIGTERM, and has a child in a session of its own.
  stubborn: {
    spec: { concurrencyPolicy: "Forbid" },
    job: { activeDeadlineSeconds: 30 },
    run: "trap '' TERM; setsid sleep 300 & sleep 300; sleep 300",
    ends: ["Failed", "DeadlineExceeded"],
  },
};

/** The CronJob of a work, every minute. `marks` is the folder for the marks of attempts. */
export function cronJobOf(name: string, work: Work, marks: string): CronJob {
  const mark = `echo x >>${marks}/$(echo "$NODETCD_ATTEMPT" | tr / _)`;
  const container = { name: "main", command: ["bash", "-c", `${mark}; ${work.run}`] };
  const pod = {
    restartPolicy: work.restartPolicy ?? "Never",
    terminationGracePeriodSeconds: 5,
    containers: [container],
  };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, namespace: "default" },
    spec: {
      schedule: "* * * * *",
      successfulJobsHistoryLimit: 2,
      ...work.spec,
      jobTemplate: {
        spec: { parallelism: 1, completions: 1, ...work.job, template: { spec: pod } },
      },
    },
  };
}
