import type { ConfigMap, Secret } from "./core.ts";
import { FieldErrors } from "./field-errors.ts";
import type { CronJob, Job } from "./job.ts";
import type { KubeObject } from "./meta.ts";
import { labelProblems } from "./names.ts";
import type { Pod } from "./pod.ts";
import type { Resource } from "./resource.ts";
import { validateCronJob } from "./validate-cron-job.ts";
import { validateJob } from "./validate-job.ts";
import { validateJobStatus } from "./validate-job-status.ts";
import { validateJobUpdate } from "./validate-job-update.ts";
import { validateMeta, validateMetaUpdate } from "./validate-meta.ts";
import { validatePodSpec, validatePodUpdate } from "./validate-pod.ts";

type Data = ConfigMap & Secret;

const DATA_KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const DATA_KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function validateData(errors: FieldErrors, { data = {}, binaryData = {} }: Data): void {
  for (const [name, entries] of Object.entries({ data, binaryData })) {
    for (const key of Object.keys(entries)) {
      if (!DATA_KEY.test(key)) errors.invalid(`${name}[${key}]`, key, DATA_KEY_TEXT);
    }
  }
}

function validateImmutable(errors: FieldErrors, current: Data, next: Data): void {
  if (current.immutable !== true) return;
  if (next.immutable !== true)
    errors.forbidden("immutable", "field is immutable when `immutable` is set");
  const what = (object: Data): unknown => [object.data, object.binaryData];
  if (JSON.stringify(what(current)) !== JSON.stringify(what(next))) {
    errors.forbidden("data", "field is immutable when `immutable` is set");
  }
}

/** Raises `Invalid` for a new object, complete with its defaults, that is not valid. */
export function validateNew(resource: Resource, object: KubeObject): void {
  const errors = new FieldErrors();
  validateMeta(errors, resource, object);
  switch (resource.plural) {
    case "jobs":
      validateJob(errors, object as Job);
      break;
    case "cronjobs":
      validateCronJob(errors, object as CronJob);
      break;
    case "pods":
      validatePodSpec(errors, (object as Pod).spec, "spec");
      break;
    case "configmaps":
    case "secrets":
      validateData(errors, object as Data);
      break;
    default:
  }
  errors.raise(resource, object.metadata.name);
}

/** Raises `Invalid` for a change that is not valid. `subresource` is `status` or empty. */
export function validateChange(
  resource: Resource,
  current: KubeObject,
  next: KubeObject,
  subresource: string,
): void {
  const errors = new FieldErrors();
  validateMetaUpdate(errors, current, next);
  const status = subresource === "status";
  switch (resource.plural) {
    case "jobs":
      if (status) validateJobStatus(errors, current as Job, next as Job);
      else validateJobUpdate(errors, current as Job, next as Job);
      break;
    case "cronjobs":
      if (!status) validateCronJob(errors, next as CronJob, current as CronJob);
      break;
    case "pods":
      if (!status) validatePodUpdate(errors, current as Pod, next as Pod);
      break;
    case "configmaps":
    case "secrets":
      validateData(errors, next as Data);
      validateImmutable(errors, current as Data, next as Data);
      break;
    default:
  }
  errors.raise(resource, next.metadata.name);
}

/** What is allowed and will surprise. */
export function warningsOf({ plural }: Resource, { metadata }: KubeObject): string[] {
  if (plural !== "jobs" && plural !== "cronjobs") return [];
  const problems = labelProblems(metadata.name);
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(" ")}]`,
  ];
}
