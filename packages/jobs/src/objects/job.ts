import type {
  Condition,
  KubeObject,
  LabelSelector,
  ObjectMeta,
  ObjectReference,
  Time,
} from "./meta.ts";
import type { PodTemplateSpec } from "./pod.ts";

export interface Job extends KubeObject {
  spec: JobSpec;
  status?: JobStatus;
}

export interface JobSpec {
  parallelism?: number;
  /** Missing: any success ends the Job once all pods have ended. */
  completions?: number;
  completionMode?: "NonIndexed" | "Indexed";
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  maxFailedIndexes?: number;
  activeDeadlineSeconds?: number;
  ttlSecondsAfterFinished?: number;
  suspend?: boolean;
  podFailurePolicy?: { rules: PodFailurePolicyRule[] };
  successPolicy?: { rules: SuccessPolicyRule[] };
  podReplacementPolicy?: "TerminatingOrFailed" | "Failed";
  managedBy?: string;
  manualSelector?: boolean;
  selector?: LabelSelector;
  template: PodTemplateSpec;
}

export interface PodFailurePolicyRule {
  action: "FailJob" | "FailIndex" | "Ignore" | "Count";
  onExitCodes?: { containerName?: string; operator: "In" | "NotIn"; values: number[] };
  onPodConditions?: { type: string; status?: "True" | "False" | "Unknown" }[];
}

export interface SuccessPolicyRule {
  succeededIndexes?: string;
  succeededCount?: number;
}

export interface JobStatus {
  conditions?: Condition[];
  startTime?: Time;
  /** Of a success only. */
  completionTime?: Time;
  active?: number;
  ready?: number;
  terminating?: number;
  succeeded?: number;
  failed?: number;
  /** As `1,3-5,7`. */
  completedIndexes?: string;
  failedIndexes?: string;
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] };
}

export interface CronJob extends KubeObject {
  spec: CronJobSpec;
  status?: CronJobStatus;
}

export interface CronJobSpec {
  schedule: string;
  timeZone?: string;
  startingDeadlineSeconds?: number;
  concurrencyPolicy?: "Allow" | "Forbid" | "Replace";
  suspend?: boolean;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
  jobTemplate: { metadata?: Partial<ObjectMeta>; spec: JobSpec };
}

export interface CronJobStatus {
  active?: ObjectReference[];
  lastScheduleTime?: Time;
  lastSuccessfulTime?: Time;
}

/**
 * A line of the slot ledger: what became of one moment of a CronJob's schedule. Written in the transaction that
 * decides it; it is never changed afterwards.
 */
export interface Slot extends KubeObject {
  spec: {
    cronJobName: string;
    cronJobUid: string;
    scheduledTime: Time;
    /** The line stands for all slots from `scheduledTime` to this one: more were missed than are told one by one. */
    untilTime?: Time;
  };
  status: {
    decision: SlotDecision;
    /** Why, in a sentence. */
    message?: string;
    decidedTime: Time;
    decidedBy?: string;
    /** The Job that was created. */
    jobName?: string;
    jobUid?: string;
  };
}

export type SlotDecision =
  "Ran" | "CaughtUp" | "Forbidden" | "TooLate" | "Superseded" | "Suspended" | "LostRace" | "Failed";
