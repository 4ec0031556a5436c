/** A moment of a schedule, and what became of it. Only `nodetcd jobs` keeps this ledger. */
export interface SlotView {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly decision: string;
  readonly message: string;
  readonly job?: string;
}

export interface CronJobView {
  readonly namespace: string;
  readonly name: string;
  readonly schedule: string;
  readonly timeZone?: string;
  readonly suspended: boolean;
  readonly concurrency: string;
  readonly active: number;
  readonly lastSchedule?: number;
  readonly lastSuccess?: number;
  /** The next moments, reckoned here; empty while it is suspended or when the schedule cannot be read. */
  readonly next: readonly number[];
  /** Oldest first; missing where the API has no ledger. */
  readonly slots?: readonly SlotView[];
}

export interface JobView {
  readonly namespace: string;
  readonly name: string;
  readonly cronJob?: string;
  readonly state: "running" | "complete" | "failed" | "suspended" | "waiting";
  readonly created: number;
  readonly started?: number;
  readonly ended?: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly completions: number;
  /** Why it failed, as the API tells it. */
  readonly reason?: string;
  readonly message?: string;
}

export interface JobsView {
  readonly at: number;
  readonly cronJobs: readonly CronJobView[];
  /** Newest first. */
  readonly jobs: readonly JobView[];
}

export interface PodView {
  readonly name: string;
  readonly phase: string;
  readonly created: number;
  readonly containers: readonly string[];
  readonly message?: string;
}

/** Lines of a log, some at a time. */
export interface LogLines {
  readonly lines: readonly string[];
}
