import type { FieldErrors } from "./field-errors.ts";
import type { Job, JobStatus } from "./job.ts";
import { IndexesProblem, readIntervals } from "./read-indexes.ts";

const CONDITIONS = "status.conditions";

function isTrue({ status }: Job, type: string): boolean {
  return (status?.conditions ?? []).some(
    (condition) => condition.type === type && condition.status === "True",
  );
}

/** Conditions that exclude or demand each other. */
function validateConditions(errors: FieldErrors, job: Job): void {
  const [complete, failed] = [isTrue(job, "Complete"), isTrue(job, "Failed")];
  const [met, target] = [isTrue(job, "SuccessCriteriaMet"), isTrue(job, "FailureTarget")];
  const rules: readonly (readonly [boolean, string])[] = [
    [complete && failed, "cannot set Complete=True and Failed=true conditions"],
    [complete && target, "cannot set Complete=True and FailureTarget=true conditions"],
    [
      failed && !target,
      "cannot set Failed=True condition without the FailureTarget=true condition",
    ],
    [
      complete && !met,
      "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
    ],
    [met && failed, "cannot set SuccessCriteriaMet=True and Failed=true conditions"],
    [met && target, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"],
  ];
  for (const [broken, text] of rules) if (broken) errors.wrong(CONDITIONS, text);
}

function validateTimes(errors: FieldErrors, job: Job, status: JobStatus): void {
  const { startTime, completionTime } = status;
  const complete = isTrue(job, "Complete");
  if (completionTime !== undefined && !complete) {
    const detail = "cannot set completionTime when there is no Complete=True condition";
    errors.invalid("status.completionTime", completionTime, detail);
  }
  if (completionTime === undefined && complete) {
    errors.required("status.completionTime", "completionTime is required for Complete jobs");
  }
  if (startTime === undefined || completionTime === undefined) return;
  if (Date.parse(completionTime) < Date.parse(startTime)) {
    const detail = "must be equal to or after `startTime`";
    errors.invalid("status.completionTime", completionTime, detail);
  }
}

function validateFinished(errors: FieldErrors, status: JobStatus): void {
  const { active = 0, terminating = 0, uncountedTerminatedPods = {} } = status;
  if (active > 0) errors.invalid("status.active", active, "active>0 is invalid for finished job");
  if (status.startTime === undefined) {
    errors.required("status.startTime", "startTime is required for finished job");
  }
  const { succeeded = [], failed = [] } = uncountedTerminatedPods;
  if (succeeded.length + failed.length > 0) {
    const detail = "must be empty for finished job";
    errors.invalid("status.uncountedTerminatedPods", uncountedTerminatedPods, detail);
  }
  if (terminating > 0) {
    const detail = "terminating>0 is invalid for finished job";
    errors.invalid("status.terminating", terminating, detail);
  }
}

function intervals(
  errors: FieldErrors,
  field: "completedIndexes" | "failedIndexes",
  text: string | undefined,
  completions: number | undefined,
): [number, number][] {
  if (text === undefined || completions === undefined) return [];
  try {
    return readIntervals(text, completions);
  } catch (error) {
    if (!(error instanceof IndexesProblem)) throw error;
    errors.invalid(`status.${field}`, text, `error parsing ${field}: ${error.message}`);
    return [];
  }
}

function validateIndexes(errors: FieldErrors, { spec }: Job, status: JobStatus): void {
  const { completedIndexes = "", failedIndexes } = status;
  const { completions, backoffLimitPerIndex } = spec;
  const completed = intervals(errors, "completedIndexes", completedIndexes, completions);
  if (completedIndexes !== "" && spec.completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.invalid("status.completedIndexes", completedIndexes, detail);
  }
  if (failedIndexes === undefined) return;
  if (backoffLimitPerIndex === undefined) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.invalid("status.failedIndexes", failedIndexes, detail);
    return;
  }
  const failed = intervals(errors, "failedIndexes", failedIndexes, completions);
  const common = failed.find(([first, last]) =>
    completed.some((each) => each[0] <= last && first <= each[1]),
  );
  if (common !== undefined) {
    const index = Math.max(common[0], completed.find((each) => each[1] >= common[0])?.[0] ?? 0);
    const detail = `failedIndexes and completedIndexes overlap at index: ${index}`;
    errors.invalid("status.failedIndexes", failedIndexes, detail);
  }
}

function validateUncounted(errors: FieldErrors, status: JobStatus): void {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const seen = new Set<string>();
  for (const [name, uids] of [
    ["succeeded", succeeded],
    ["failed", failed],
  ] as const) {
    for (const [index, uid] of uids.entries()) {
      const at = `status.uncountedTerminatedPods.${name}[${index}]`;
      if (uid === "") errors.invalid(at, uid, "must not be empty");
      else if (seen.has(uid)) errors.duplicate(at, uid);
      seen.add(uid);
    }
  }
}

/** What may not be taken back once it was said. */
function validateCourse(errors: FieldErrors, current: Job, next: Job): void {
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (isTrue(current, type) && !isTrue(next, type)) {
      errors.wrong(CONDITIONS, `cannot disable the terminal ${type}=True condition`);
    }
  }
  if (isTrue(current, "SuccessCriteriaMet") && !isTrue(next, "SuccessCriteriaMet")) {
    errors.wrong(CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition");
  }
  const [had, has] = [current.status ?? {}, next.status ?? {}];
  for (const name of ["failed", "succeeded"] as const) {
    if ((has[name] ?? 0) < (had[name] ?? 0)) {
      errors.invalid(`status.${name}`, has[name] ?? 0, `cannot decrease the ${name} counter`);
    }
  }
  const { completionTime, startTime } = has;
  if (had.completionTime !== undefined && completionTime !== undefined) {
    errors.immutable("status.completionTime", had.completionTime, completionTime);
  }
  if (had.startTime !== undefined && had.startTime !== startTime && next.spec.suspend !== true) {
    const detail = "field is immutable for unsuspended job once set";
    errors.invalid("status.startTime", startTime, detail);
  }
}

/** A status that somebody sends: a controller, or a person who mends one. */
export function validateJobStatus(errors: FieldErrors, current: Job, next: Job): void {
  const { status = {} } = next;
  for (const name of ["active", "succeeded", "failed", "ready", "terminating"] as const) {
    errors.notNegative(`status.${name}`, status[name]);
  }
  validateUncounted(errors, status);
  validateConditions(errors, next);
  validateTimes(errors, next, status);
  if (isTrue(next, "Complete") || isTrue(next, "Failed")) validateFinished(errors, status);
  validateIndexes(errors, next, status);
  if ((status.ready ?? 0) > (status.active ?? 0)) {
    errors.invalid("status.ready", status.ready, "cannot set more ready pods than active");
  }
  validateCourse(errors, current, next);
}
