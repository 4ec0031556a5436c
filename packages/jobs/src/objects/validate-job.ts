import { CONTROLLER_UID_LABELS, JOB_NAME_LABELS } from "./default-job.ts";
import type { FieldErrors } from "./field-errors.ts";
import type { Job, JobSpec } from "./job.ts";
import { labelProblems } from "./names.ts";
import { labelSelector } from "./select-labels.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./validate-job-policies.ts";
import { validateTemplate } from "./validate-pod.ts";

const INDEXED_MAX = 100_000;
/** Above so many indexes with a limit per index, the rest is bounded more closely. */
const MANY_COMPLETIONS = 100_000;
const MANY_MAX = 10_000;
const MANAGED_BY_MAX = 63;

function validateManagedBy(errors: FieldErrors, managedBy: string, path: string): void {
  const [domain = "", ...rest] = managedBy.split("/");
  if (rest.length === 0 || domain === "" || rest.join("/") === "") {
    errors.invalid(path, managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")');
  }
  if (managedBy.length > MANAGED_BY_MAX) errors.tooLong(path, MANAGED_BY_MAX);
}

function validateIndexed(errors: FieldErrors, spec: JobSpec, path: string): void {
  const { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const atMost = (field: string, value: number | undefined, max: number, when: string): void => {
    if (value !== undefined && value > max) {
      errors.invalid(`${path}.${field}`, value, `must be less than or equal to ${max}${when}`);
    }
  };
  if (completions === undefined) {
    errors.required(`${path}.completions`, "when completion mode is Indexed");
  }
  atMost("parallelism", parallelism, INDEXED_MAX, " when completion mode is Indexed");
  if (completions !== undefined && (maxFailedIndexes ?? 0) > completions) {
    const detail = "must be less than or equal to completions";
    errors.invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, detail);
  }
  atMost("maxFailedIndexes", maxFailedIndexes, INDEXED_MAX, "");
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined) {
    errors.required(
      `${path}.maxFailedIndexes`,
      `must be specified when completions is above ${MANY_COMPLETIONS}`,
    );
  }
  const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  atMost("parallelism", parallelism, MANY_MAX, when);
  atMost("maxFailedIndexes", maxFailedIndexes, MANY_MAX, when);
}

function validateRestartPolicy(errors: FieldErrors, spec: JobSpec, path: string): void {
  const { restartPolicy = "Always" } = spec.template.spec;
  const at = `${path}.template.spec.restartPolicy`;
  if (restartPolicy === "Always") errors.required(at, 'valid values: "OnFailure", "Never"');
  else if (restartPolicy !== "OnFailure" && restartPolicy !== "Never") {
    errors.notSupported(at, restartPolicy, ["OnFailure", "Never"]);
  } else if (spec.podFailurePolicy !== undefined && restartPolicy !== "Never") {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    errors.invalid(at, restartPolicy, detail);
  }
}

const COUNTERS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

/** The spec of a Job, or of the template of one, whose selector is made later. */
export function validateJobSpec(errors: FieldErrors, spec: JobSpec, path: string): void {
  const { completionMode = "NonIndexed", maxFailedIndexes, backoffLimitPerIndex } = spec;
  for (const name of COUNTERS) errors.notNegative(`${path}.${name}`, spec[name]);
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    errors.required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified");
  }
  if (spec.managedBy !== undefined) {
    validateManagedBy(errors, spec.managedBy, `${path}.managedBy`);
  }
  if (completionMode === "Indexed") validateIndexed(errors, spec, path);
  else if (completionMode !== "NonIndexed") {
    errors.notSupported(`${path}.completionMode`, completionMode, ["NonIndexed", "Indexed"]);
  } else {
    const detail = "requires indexed completion mode";
    for (const name of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[name] !== undefined) errors.invalid(`${path}.${name}`, spec[name], detail);
    }
  }
  validateFailurePolicy(errors, spec, `${path}.podFailurePolicy`);
  validateSuccessPolicy(errors, spec, `${path}.successPolicy`);
  const { podReplacementPolicy: replacement } = spec;
  const supported =
    spec.podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"];
  if (replacement !== undefined && !supported.includes(replacement)) {
    errors.notSupported(`${path}.podReplacementPolicy`, replacement, supported);
  }
  validateTemplate(errors, spec.template, `${path}.template`);
  validateRestartPolicy(errors, spec, path);
}

/** Labels and selector that the server makes may not be made otherwise by the client. */
function validateGenerated(errors: FieldErrors, { metadata, spec }: Job): void {
  if (spec.manualSelector === true) return;
  const labels = spec.template.metadata?.labels ?? {};
  const expect = (label: string, value: string): void => {
    const at = `spec.template.metadata.labels[${label}]`;
    if (labels[label] === undefined) errors.required(at, `must be '${value}'`);
    else if (labels[label] !== value) errors.invalid(at, labels, `must be '${value}'`);
  };
  for (const label of CONTROLLER_UID_LABELS) expect(label, metadata.uid ?? "");
  for (const label of JOB_NAME_LABELS) expect(label, metadata.name);
  const own = Object.fromEntries([
    ...CONTROLLER_UID_LABELS.map((label) => [label, metadata.uid ?? ""]),
    ...JOB_NAME_LABELS.map((label) => [label, metadata.name]),
  ]) as Record<string, string>;
  if (!labelSelector(spec.selector ?? {})(own)) {
    errors.invalid("spec.selector", spec.selector, "`selector` not auto-generated");
  }
}

/** A whole Job, with its selector. */
export function validateJob(errors: FieldErrors, job: Job): void {
  const { metadata, spec } = job;
  validateGenerated(errors, job);
  validateJobSpec(errors, spec, "spec");
  if (spec.selector === undefined) errors.required("spec.selector");
  else if (!labelSelector(spec.selector)(spec.template.metadata?.labels)) {
    errors.invalid(
      "spec.template.metadata.labels",
      spec.template.metadata?.labels,
      "`selector` does not match template `labels`",
    );
  }
  const { completions = 0 } = spec;
  if (spec.completionMode !== "Indexed" || completions < 1) return;
  const hostname = `${metadata.name}-${completions - 1}`;
  if (labelProblems(hostname).length > 0) {
    const detail = `will not able to create pod with invalid DNS label: ${hostname}`;
    errors.invalid("metadata.name", metadata.name, detail);
  }
}
