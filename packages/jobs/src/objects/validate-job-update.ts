import type { FieldErrors } from "./field-errors.ts";
import type { Job, JobSpec } from "./job.ts";
import type { Container, PodSpec, PodTemplateSpec } from "./pod.ts";
import { validateJob } from "./validate-job.ts";

function isTrue(job: Job, type: string): boolean {
  const { conditions = [] } = job.status ?? {};
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}

/** True while no pod of the Job runs or has run since it was suspended: its pods may still be made otherwise. */
function isIdle({ spec, status }: Job, suspendedSeen: boolean): boolean {
  const fresh = status?.startTime === undefined || suspendedSeen;
  return spec.suspend === true && fresh && (status?.active ?? 0) === 0;
}

interface Affinity {
  nodeAffinity?: unknown;
}

/** The old template with what an idle Job may change taken from the new one. */
function withDirectives(old: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec {
  const result = structuredClone(old);
  const spec = result.spec as PodSpec & { affinity?: Affinity; tolerations?: unknown };
  const wanted = next.spec as PodSpec & { affinity?: Affinity; tolerations?: unknown };
  const set = (target: object, name: string, value: unknown): void => {
    if (value === undefined) delete (target as Record<string, unknown>)[name];
    else (target as Record<string, unknown>)[name] = value;
  };
  for (const name of ["nodeSelector", "tolerations", "schedulingGates"] as const) {
    set(spec, name, wanted[name]);
  }
  const affinity = { ...spec.affinity };
  set(affinity, "nodeAffinity", wanted.affinity?.nodeAffinity);
  const none = Object.keys(affinity).length === 0 && wanted.affinity === undefined;
  set(spec, "affinity", none ? undefined : affinity);
  const metadata = { ...result.metadata };
  set(metadata, "labels", next.metadata?.labels);
  set(metadata, "annotations", next.metadata?.annotations);
  result.metadata = metadata;
  return result;
}

/** The old containers with the resources of the new ones, where names are the same. */
function withResources(
  old: Container[] | undefined,
  next: Container[] | undefined,
): Container[] | undefined {
  if (old === undefined || old.length !== next?.length) return old;
  return old.map((container, index) => {
    const { name, resources } = next[index]!;
    if (name !== container.name || resources === undefined) return container;
    return { ...container, resources };
  });
}

function validateTemplateUpdate(errors: FieldErrors, current: Job, next: Job): void {
  const idle = isIdle(current, isTrue(current, "Suspended"));
  const { template } = next.spec;
  if (current.spec.suspend !== true) {
    errors.immutable("spec.template", current.spec.template, template);
    return;
  }
  const old = idle ? withDirectives(current.spec.template, template) : current.spec.template;
  if (!idle) {
    errors.immutable("spec.template", old, template);
    return;
  }
  const containers = withResources(old.spec.containers, template.spec.containers);
  const initContainers = withResources(old.spec.initContainers, template.spec.initContainers);
  const allowed = {
    ...old.spec,
    ...(containers === undefined ? {} : { containers }),
    ...(initContainers === undefined ? {} : { initContainers }),
  };
  errors.immutable("spec.template.spec", allowed, template.spec);
}

function validateCompletionsUpdate(errors: FieldErrors, old: JobSpec, next: JobSpec): void {
  const { completions, parallelism } = next;
  if (next.completionMode !== "Indexed") {
    errors.immutable("spec.completions", old.completions, completions);
  } else if (completions !== undefined && completions !== old.completions) {
    if (completions !== parallelism) {
      const detail = "can only be modified in tandem with spec.parallelism";
      errors.invalid("spec.completions", completions, detail);
    }
  }
}

/** A changed Job: it is valid, and what makes it what it is stays. */
export function validateJobUpdate(errors: FieldErrors, current: Job, next: Job): void {
  validateJob(errors, next);
  validateCompletionsUpdate(errors, current.spec, next.spec);
  errors.immutable("spec.selector", current.spec.selector, next.spec.selector);
  validateTemplateUpdate(errors, current, next);
  for (const name of [
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
  ] as const) {
    errors.immutable(`spec.${name}`, current.spec[name], next.spec[name]);
  }
}
