import { describe, expect, it } from "vitest";
import {
  type CronJobPlan,
  reconcileCronJob,
} from "../../src/controllers/cron-job/reconcile-cron-job.ts";
import { type CronJob, type Job, timeText } from "../../src/jobs.ts";
import type { CronJobSpec } from "../../src/objects/job.ts";

const at = (time: string): number => Date.parse(`2026-11-30T${time}Z`);

/** A CronJob, its Jobs and a ledger; plans are carried out as the executor would. */
class CronWorld {
  cronJob: CronJob;
  jobs: Job[] = [];
  now: number;
  readonly events: string[] = [];
  /** `09:01 Ran` */
  readonly ledger: string[] = [];

  constructor(spec: Partial<CronJobSpec> = {}, annotations: Record<string, string> = {}) {
    this.now = at("09:00:30");
    this.cronJob = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: {
        name: "tick",
        namespace: "default",
        uid: "cron-uid",
        annotations,
        creationTimestamp: timeText(this.now),
      },
      spec: {
        schedule: "* * * * *",
        jobTemplate: {
          metadata: { labels: { app: "tick" } },
          spec: { template: { spec: { containers: [] } } },
        },
        ...spec,
      },
    };
  }

  get active(): string[] {
    return (this.cronJob.status?.active ?? []).map(({ name }) => name ?? "");
  }

  to(time: string): CronJobPlan {
    this.now = at(time);
    return this.pass();
  }

  pass(): CronJobPlan {
    const plan = reconcileCronJob(
      structuredClone(this.cronJob),
      structuredClone(this.jobs),
      this.now,
    );
    const gone = [...plan.replace, ...plan.remove].map(({ metadata }) => metadata.uid);
    this.jobs = this.jobs.filter(({ metadata }) => !gone.includes(metadata.uid));
    this.cronJob = structuredClone(plan.next);
    for (const line of [...plan.lines, ...(plan.start ? [plan.start.line] : [])]) {
      const until = line.until === undefined ? "" : `-${timeText(line.until).slice(11, 16)}`;
      this.ledger.push(`${timeText(line.scheduled).slice(11, 16)}${until} ${line.decision}`);
    }
    if (plan.start !== undefined) this.#create(plan.start.job);
    this.events.push(...plan.events.map(({ reason, message }) => `${reason}: ${message}`));
    return plan;
  }

  #create(job: Job): void {
    const { name } = job.metadata;
    if (this.jobs.some(({ metadata }) => metadata.name === name)) throw new Error(`${name} twice`);
    const created = {
      ...job,
      metadata: { ...job.metadata, uid: `uid-${name}`, creationTimestamp: timeText(this.now) },
    };
    this.jobs.push(created);
    const status = this.cronJob.status ?? {};
    this.cronJob.status = {
      ...status,
      active: [...(status.active ?? []), { name, uid: `uid-${name}` }],
    };
  }

  finish(type: "Complete" | "Failed" = "Complete", job: Job | undefined = this.jobs.at(-1)): void {
    const time = timeText(this.now);
    job!.status = {
      startTime: job!.metadata.creationTimestamp!,
      ...(type === "Complete" ? { completionTime: time } : {}),
      conditions: [{ type, status: "True", lastTransitionTime: time }],
    };
  }
}

describe("reconcileCronJob", () => {
  it("makes the Job of a slot, with the slot in its name and annotation", () => {
    const world = new CronWorld({ timeZone: "Europe/Berlin" });
    expect(world.pass().againAt).toBe(at("09:01:00"));
    expect(world.jobs).toEqual([]);
    const plan = world.to("09:01:00");
    expect(plan.start?.job.metadata).toMatchObject({
      name: `tick-${at("09:01:00") / 60_000}`,
      labels: { app: "tick" },
      annotations: {
        "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-30T10:01:00+01:00",
      },
      ownerReferences: [
        { kind: "CronJob", uid: "cron-uid", controller: true, blockOwnerDeletion: true },
      ],
    });
    expect(plan.againAt).toBe(at("09:02:00"));
    expect(world.cronJob.status?.lastScheduleTime).toBe("2026-11-30T09:01:00Z");
    world.pass();
    expect(world.ledger).toEqual(["09:01 Ran"]);
  });

  it("Allow runs slots side by side", () => {
    const world = new CronWorld();
    world.to("09:01:00");
    world.to("09:02:00");
    expect(world.active).toHaveLength(2);
    world.finish();
    world.pass();
    expect(world.active).toHaveLength(1);
    expect(world.cronJob.status?.lastSuccessfulTime).toBe("2026-11-30T09:02:00Z");
    expect(world.events).toContain(
      `SawCompletedJob: Saw completed job: ${world.jobs[1]!.metadata.name}, condition: Complete`,
    );
  });

  it("Forbid waits for the active Job, and then runs the newest slot only", () => {
    const world = new CronWorld({ concurrencyPolicy: "Forbid" });
    for (const time of ["09:01:00", "09:02:00", "09:03:00", "09:03:20"]) world.to(time);
    expect(world.jobs).toHaveLength(1);
    expect(world.events).toContain(
      "JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid",
    );
    world.finish();
    world.to("09:03:40");
    expect(world.jobs).toHaveLength(2);
    expect(world.ledger).toEqual(["09:01 Ran", "09:02 Forbidden", "09:03 CaughtUp"]);
  });

  it("Forbid with a deadline gives the slot up when it is over", () => {
    const world = new CronWorld({ concurrencyPolicy: "Forbid", startingDeadlineSeconds: 20 });
    world.to("09:01:00");
    expect(world.to("09:02:00").againAt).toBe(at("09:02:20") + 1);
    world.to("09:02:21");
    expect(world.ledger).toEqual(["09:01 Ran", "09:02 Forbidden"]);
    world.finish();
    world.to("09:02:22");
    expect(world.jobs).toHaveLength(1);
  });

  it("Replace deletes the active Job first", () => {
    const world = new CronWorld({ concurrencyPolicy: "Replace" });
    world.to("09:01:00");
    const plan = world.to("09:02:00");
    expect(plan.replace).toHaveLength(1);
    expect(world.jobs).toHaveLength(1);
    expect(world.active).toEqual([world.jobs[0]!.metadata.name]);
  });

  it("of many missed slots runs the newest, warns, and has a line for each or for all", () => {
    const world = new CronWorld();
    world.to("09:05:10");
    expect(world.ledger).toEqual([
      "09:01 Superseded",
      "09:02 Superseded",
      "09:03 Superseded",
      "09:04 Superseded",
      "09:05 Ran",
    ]);
    world.to("13:00:10");
    expect(world.jobs).toHaveLength(2);
    expect(world.events).toEqual([
      "TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    ]);
    expect(world.ledger.at(-1)).toBe("13:00 Ran");
    expect(world.ledger.slice(5, 7)).toEqual(["09:06-12:20 Superseded", "12:21 Superseded"]);
  });

  it("does not warn of many missed slots when the deadline leaves few of them", () => {
    const world = new CronWorld({ startingDeadlineSeconds: 200 });
    world.to("13:00:00");
    expect(world.ledger.at(-1)).toBe("13:00 Ran");
    expect(world.events.filter((event) => event.startsWith("TooMany"))).toEqual([]);
  });

  it("does not run what is later than startingDeadlineSeconds", () => {
    const world = new CronWorld({ schedule: "0 * * * *", startingDeadlineSeconds: 60 });
    world.to("10:01:01");
    expect(world.jobs).toEqual([]);
    expect(world.ledger).toEqual(["10:00 TooLate"]);
    expect(world.events).toEqual([
      "MissSchedule: Missed scheduled time to start a job: Mon, 30 Nov 2026 10:00:00 +0000",
    ]);
    expect(world.pass().lines).toEqual([]);
  });

  it("does not run while it is suspended; afterwards the newest missed slot does", () => {
    const world = new CronWorld({ suspend: true });
    for (const time of ["09:01:00", "09:02:00", "09:03:00"]) world.to(time);
    expect(world.jobs).toEqual([]);
    world.cronJob.spec.suspend = false;
    world.to("09:03:45");
    expect(world.ledger).toEqual(["09:01 Suspended", "09:02 Suspended", "09:03 CaughtUp"]);
  });

  it("keeps as many finished Jobs as the limits say", () => {
    const world = new CronWorld({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
    for (const [time, type] of [
      ["09:01:00", "Complete"],
      ["09:02:00", "Failed"],
      ["09:03:00", "Complete"],
    ] as const) {
      world.to(time);
      world.finish(type);
    }
    world.pass();
    world.pass();
    expect(world.jobs.map(({ metadata }) => metadata.name)).toEqual([
      `tick-${at("09:03:00") / 60_000}`,
    ]);
  });

  it("does not tell of the end of a Job that it deletes at once", () => {
    const world = new CronWorld({ successfulJobsHistoryLimit: 0 });
    world.to("09:01:00");
    world.finish("Complete");
    world.pass();
    expect([world.jobs, world.active, world.events]).toEqual([[], [], []]);
    expect(world.cronJob.status?.lastSuccessfulTime).toBe("2026-11-30T09:01:00Z");
  });

  it("tells of Jobs that it does not know, and of those that vanished", () => {
    const world = new CronWorld();
    world.to("09:01:00");
    const [job] = world.jobs;
    world.jobs = [{ ...job!, metadata: { ...job!.metadata, name: "by-hand", uid: "other" } }];
    world.pass();
    expect(world.active).toEqual([]);
    expect(world.events).toEqual([
      "UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand",
      `MissingJob: Active job went missing: ${job!.metadata.name}`,
    ]);
  });

  it("never runs a slot again when the clock goes back", () => {
    const world = new CronWorld();
    world.to("09:05:00");
    world.to("09:01:00");
    world.to("09:05:30");
    expect(world.ledger.filter((line) => line.endsWith("Ran"))).toEqual(["09:05 Ran"]);
    world.to("09:06:00");
    expect(world.jobs).toHaveLength(2);
  });

  it("says what is wrong with a schedule or a zone", () => {
    expect(new CronWorld({ schedule: "x" }).pass().events[0]).toMatchObject({
      reason: "UnparseableSchedule",
      message: 'unparseable schedule: "x" : expected exactly 5 fields, found 1: [x]',
    });
    expect(new CronWorld({ timeZone: "Mars" }).pass().events[0]).toMatchObject({
      reason: "UnknownTimeZone",
      message: 'invalid timeZone: "Mars": unknown time zone Mars',
    });
  });
});

describe("reconcileCronJob: what annotations ask for", () => {
  const annotation = (name: string, value: string) => ({ [`jobs.nodetcd.io/${name}`]: value });

  it("catch-up all runs every missed slot, the oldest first", () => {
    const world = new CronWorld({}, annotation("catch-up", "all"));
    world.to("09:03:40");
    for (let i = 0; i < 5; i++) world.pass();
    expect(world.ledger).toEqual(["09:01 CaughtUp", "09:02 CaughtUp", "09:03 CaughtUp"]);
  });

  it("catch-up none runs nothing late", () => {
    const world = new CronWorld({ schedule: "0 * * * *" }, annotation("catch-up", "none"));
    world.to("10:10:00");
    expect(world.ledger).toEqual(["10:00 TooLate"]);
    world.to("11:00:01");
    expect(world.ledger.at(-1)).toBe("11:00 Ran");
  });

  it("jitter starts a slot later, always by the same amount, below the bound", () => {
    const world = new CronWorld({ schedule: "0 * * * *" }, annotation("jitter-seconds", "600"));
    const start = world.pass().againAt!;
    expect(start - at("10:00:00")).toBeGreaterThan(0);
    expect(start - at("10:00:00")).toBeLessThan(600_000);
    world.now = start - 1;
    expect(world.pass()).toMatchObject({ start: undefined, againAt: start });
    world.now = start;
    world.pass();
    expect(world.ledger).toEqual(["10:00 Ran"]);
  });

  it("pause-after-failures suspends after so many in a row", () => {
    const world = new CronWorld({}, annotation("pause-after-failures", "2"));
    for (const [time, type] of [
      ["09:01:00", "Failed"],
      ["09:02:00", "Complete"],
      ["09:03:00", "Failed"],
      ["09:04:00", "Failed"],
    ] as const) {
      world.to(time);
      expect(world.cronJob.spec.suspend).toBeUndefined();
      world.finish(type);
      world.pass();
    }
    expect(world.cronJob.spec.suspend).toBe(true);
    expect(world.events.at(-1)).toMatch(
      /^PausedAfterFailures: Suspended after 2 failed jobs in a row/,
    );
    world.cronJob.spec.suspend = false;
    world.to("09:05:00");
    expect(world.ledger.at(-1)).toBe("09:05 Ran");
  });
});
