import { parseSchedule } from "../cron/parse-schedule.ts";
import { isZone } from "../cron/zone.ts";
import type { FieldErrors } from "./field-errors.ts";
import type { CronJob, CronJobSpec } from "./job.ts";
import { validateJobSpec } from "./validate-job.ts";

/** Room for the time that is put behind it in the names of its Jobs. */
const NAME_MAX = 52;
const POLICIES = ["Allow", "Forbid", "Replace"];
const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateSchedule(
  errors: FieldErrors,
  { schedule, timeZone }: CronJobSpec,
  old: CronJobSpec | undefined,
): void {
  const at = "spec.schedule";
  if ((schedule ?? "") === "") {
    errors.required(at);
    return;
  }
  const parsed = parseSchedule(schedule);
  if (!parsed.ok) errors.invalid(at, schedule, parsed.error);
  if (!schedule.includes("TZ")) return;
  if (old?.schedule.includes("TZ") !== true) {
    const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    errors.invalid(at, schedule, detail);
  } else if (timeZone !== undefined) {
    const detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
    errors.invalid(at, schedule, detail);
  }
}

function validateTimeZone(errors: FieldErrors, timeZone: string): void {
  const at = "spec.timeZone";
  if (timeZone === "") {
    errors.invalid(at, timeZone, "timeZone must be nil or non-empty string");
    return;
  }
  const unknown = `unknown time zone ${timeZone}`;
  const odd = (part: string): boolean =>
    part === "." || part === ".." || part.startsWith("-") || !ZONE_PART.test(part);
  if (timeZone.split("/").some(odd)) {
    errors.invalid(at, timeZone, unknown);
    return;
  }
  if (timeZone.toLowerCase() === "local") {
    const detail =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    errors.invalid(at, timeZone, detail);
    if (timeZone === "Local") return;
  }
  if (!isZone(timeZone)) errors.invalid(at, timeZone, unknown);
}

/** A new CronJob, or a changed one with what it was before. */
export function validateCronJob(errors: FieldErrors, next: CronJob, current?: CronJob): void {
  const { metadata, spec } = next;
  const old = current?.spec;
  validateSchedule(errors, spec, old);
  errors.notNegative("spec.startingDeadlineSeconds", spec.startingDeadlineSeconds);
  if (spec.timeZone !== undefined && spec.timeZone !== old?.timeZone) {
    validateTimeZone(errors, spec.timeZone);
  }
  const policy: string = spec.concurrencyPolicy ?? "";
  if (policy === "") errors.required("spec.concurrencyPolicy");
  else if (!POLICIES.includes(policy)) {
    errors.notSupported("spec.concurrencyPolicy", policy, POLICIES);
  }
  const { spec: template } = spec.jobTemplate;
  validateJobSpec(errors, template, "spec.jobTemplate.spec");
  if (template.selector !== undefined) {
    const detail = "`selector` will be auto-generated";
    errors.invalid("spec.jobTemplate.spec.selector", template.selector, detail);
  }
  if (template.manualSelector === true) {
    errors.notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]);
  }
  errors.notNegative("spec.successfulJobsHistoryLimit", spec.successfulJobsHistoryLimit);
  errors.notNegative("spec.failedJobsHistoryLimit", spec.failedJobsHistoryLimit);
  if (current === undefined && metadata.name.length > NAME_MAX) {
    errors.invalid("metadata.name", metadata.name, `must be no more than ${NAME_MAX} characters`);
  }
}
