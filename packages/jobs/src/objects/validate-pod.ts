import { canonical } from "./canonical.ts";
import type { FieldErrors } from "./field-errors.ts";
import { labelProblems, qualifiedNameProblems } from "./names.ts";
import type {
  Container,
  EnvFromSource,
  EnvVar,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from "./pod.ts";
import { validateAnnotations, validateLabels } from "./validate-meta.ts";

const ENV_NAME_TEXT =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const RESTART_POLICIES = ["Always", "OnFailure", "Never"];

function validateEnv(errors: FieldErrors, env: readonly EnvVar[], path: string): void {
  for (const [index, { name, value = "", valueFrom }] of env.entries()) {
    const at = `${path}[${index}]`;
    if ((name ?? "") === "") errors.required(`${at}.name`);
    else if (!/^[ -<>-~]+$/.test(name)) errors.invalid(`${at}.name`, name, ENV_NAME_TEXT);
    if (valueFrom === undefined) continue;
    const sources = Object.entries(valueFrom);
    if (sources.length === 0) {
      errors.invalid(
        `${at}.valueFrom`,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      );
    }
    if (value !== "" && sources.length > 0) {
      errors.invalid(`${at}.valueFrom`, "", "may not be specified when `value` is not empty");
    }
    if (sources.length > 1) {
      errors.invalid(`${at}.valueFrom`, "", "may not have more than one field specified at a time");
    }
    for (const [source, reference] of sources) {
      if (!source.endsWith("KeyRef")) continue;
      const { name: of = "", key = "" } = reference as { name?: string; key?: string };
      if (of === "") errors.required(`${at}.valueFrom.${source}.name`);
      if (key === "") errors.required(`${at}.valueFrom.${source}.key`);
    }
    if (valueFrom.fieldRef !== undefined && (valueFrom.fieldRef.fieldPath ?? "") === "") {
      errors.required(`${at}.valueFrom.fieldRef.fieldPath`);
    }
  }
}

function validateEnvFrom(
  errors: FieldErrors,
  sources: readonly EnvFromSource[],
  path: string,
): void {
  for (const [index, { configMapRef, secretRef }] of sources.entries()) {
    const at = `${path}[${index}]`;
    if (configMapRef === undefined && secretRef === undefined) {
      errors.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.invalid(at, "", "may not have more than one field specified at a time");
    }
    if (configMapRef !== undefined && (configMapRef.name ?? "") === "") {
      errors.required(`${at}.configMapRef.name`);
    }
    if (secretRef !== undefined && (secretRef.name ?? "") === "") {
      errors.required(`${at}.secretRef.name`);
    }
  }
}

function validateContainer(
  errors: FieldErrors,
  container: Container,
  path: string,
  volumes: ReadonlySet<string>,
): void {
  const name = container.name ?? "";
  const { image = "" } = container;
  if (name === "") errors.required(`${path}.name`);
  else for (const problem of labelProblems(name)) errors.invalid(`${path}.name`, name, problem);
  if (image === "") errors.required(`${path}.image`);
  else if (image !== image.trim()) {
    errors.invalid(`${path}.image`, image, "must not have leading or trailing whitespace");
  }
  validateEnv(errors, container.env ?? [], `${path}.env`);
  validateEnvFrom(errors, container.envFrom ?? [], `${path}.envFrom`);
  const paths = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${index}]`;
    const volume = mount.name ?? "";
    const mountPath = mount.mountPath ?? "";
    if (volume === "") errors.required(`${at}.name`);
    else if (!volumes.has(volume)) errors.notFound(`${at}.name`, volume);
    if (mountPath === "") errors.required(`${at}.mountPath`);
    else if (paths.has(mountPath)) errors.invalid(`${at}.mountPath`, mountPath, "must be unique");
    paths.add(mountPath);
  }
  const { imagePullPolicy = "Always" } = container;
  if (!PULL_POLICIES.includes(imagePullPolicy)) {
    errors.notSupported(`${path}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES);
  }
}

function validateVolumes(
  errors: FieldErrors,
  volumes: readonly Volume[],
  path: string,
): Set<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const { name: given, ...sources } = volume;
    const name = given ?? "";
    if (name === "") errors.required(`${at}.name`);
    else for (const problem of labelProblems(name)) errors.invalid(`${at}.name`, name, problem);
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    for (const source of Object.keys(sources).slice(1)) {
      errors.forbidden(`${at}.${source}`, "may not specify more than 1 volume type");
    }
    const { hostPath, secret, configMap } = volume;
    if (hostPath !== undefined && (hostPath.path ?? "") === "")
      errors.required(`${at}.hostPath.path`);
    if (secret !== undefined && (secret.secretName ?? "") === "") {
      errors.required(`${at}.secret.secretName`);
    }
    if (configMap !== undefined && (configMap.name ?? "") === "") {
      errors.required(`${at}.configMap.name`);
    }
  }
  return names;
}

/** The spec of a pod or of a template. */
export function validatePodSpec(errors: FieldErrors, spec: PodSpec, path: string): void {
  const volumes = validateVolumes(errors, spec.volumes ?? [], `${path}.volumes`);
  const names = new Set<string>();
  const validateAll = (containers: readonly Container[], at: string): void => {
    for (const [index, container] of containers.entries()) {
      validateContainer(errors, container, `${at}[${index}]`, volumes);
      if (names.has(container.name)) errors.duplicate(`${at}[${index}].name`, container.name);
      names.add(container.name);
    }
  };
  if ((spec.containers ?? []).length === 0) errors.required(`${path}.containers`);
  validateAll(spec.containers ?? [], `${path}.containers`);
  validateAll(spec.initContainers ?? [], `${path}.initContainers`);
  const { restartPolicy = "", activeDeadlineSeconds: deadline } = spec;
  if (restartPolicy === "") errors.required(`${path}.restartPolicy`);
  else if (!RESTART_POLICIES.includes(restartPolicy)) {
    errors.notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES);
  }
  errors.notNegative(`${path}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds);
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    errors.invalid(
      `${path}.activeDeadlineSeconds`,
      deadline,
      "must be between 1 and 2147483647, inclusive",
    );
  }
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    for (const problem of qualifiedNameProblems(key)) {
      errors.invalid(`${path}.nodeSelector`, key, problem);
    }
  }
}

export function validateTemplate(
  errors: FieldErrors,
  template: PodTemplateSpec,
  path: string,
): void {
  validateLabels(errors, template.metadata?.labels, `${path}.labels`);
  validateAnnotations(errors, template.metadata?.annotations, `${path}.annotations`);
  validatePodSpec(errors, template.spec, `${path}.spec`);
}

/** What may be changed in the spec of a pod that is there; all else is its identity. */
const MUTABLE = [
  "activeDeadlineSeconds",
  "tolerations",
  "terminationGracePeriodSeconds",
  "nodeName",
  "schedulingGates",
  "nodeSelector",
];

export function validatePodUpdate(errors: FieldErrors, current: Pod, next: Pod): void {
  const fixed = (spec: PodSpec): object => {
    const entries = Object.entries(spec).filter(([name]) => !MUTABLE.includes(name));
    const imageless = (container: Container): object => ({ ...container, image: "" });
    return {
      ...Object.fromEntries(entries),
      containers: spec.containers.map(imageless),
      initContainers: (spec.initContainers ?? []).map(imageless),
    };
  };
  if (canonical(fixed(current.spec)) === canonical(fixed(next.spec))) return;
  errors.forbidden(
    "spec",
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
  );
}
