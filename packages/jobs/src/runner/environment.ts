import type { ConfigMap, Secret } from "../objects/core.ts";
import type { Container, EnvVar, Pod } from "../objects/pod.ts";
import { expand } from "./expand.ts";

/** A container cannot start as it is described. `reason` is what its state shows while it waits. */
export class ConfigProblem extends Error {
  override readonly name = "ConfigProblem";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Reads the pod's namespace; undefined when there is no such object. */
export interface Sources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

/** Of a process that has no other. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** All variables of a container; later ones may refer to earlier ones. */
export async function environmentOf(
  pod: Pod,
  container: Container,
  sources: Sources,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {
    PATH: DEFAULT_PATH,
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
  };
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await configData(sources, configMapRef.name, configMapRef.optional)
      : await secretData(sources, secretRef?.name ?? "", secretRef?.optional);
    for (const [name, value] of Object.entries(data)) variables[prefix + name] = value.toString();
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(pod, container, variable, sources);
    if (value !== undefined) variables[variable.name] = expand(value, variables);
  }
  return variables;
}

async function valueOf(
  pod: Pod,
  container: Container,
  { name, value, valueFrom }: EnvVar,
  sources: Sources,
): Promise<string | undefined> {
  if (valueFrom === undefined) return value ?? "";
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldValue(pod, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) return resourceValue(container, resourceFieldRef.resource);
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) return "";
  const data = configMapKeyRef
    ? await configData(sources, reference.name, reference.optional)
    : await secretData(sources, reference.name, reference.optional);
  const found = data[reference.key];
  if (found !== undefined || reference.optional === true) return found?.toString();
  const kind = configMapKeyRef ? "ConfigMap" : "Secret";
  const message = `couldn't find key ${reference.key} in ${kind} ${pod.metadata.namespace}/${reference.name} (for the variable ${name})`;
  throw new ConfigProblem("CreateContainerConfigError", message);
}

/** `metadata.labels['app']`, `metadata.name`, `spec.nodeName`, `status.podIP`. */
export function fieldValue({ metadata, spec, status }: Pod, path: string): string {
  const entry = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (entry !== null) return metadata[entry[1] as "labels" | "annotations"]?.[entry[2] ?? ""] ?? "";
  const values: Readonly<Record<string, string | undefined>> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "spec.nodeName": spec.nodeName,
    "spec.serviceAccountName": spec.serviceAccountName ?? "default",
    "status.hostIP": status?.hostIP ?? "127.0.0.1",
    "status.podIP": status?.podIP ?? "127.0.0.1",
    "status.podIPs": status?.podIP ?? "127.0.0.1",
  };
  if (!Object.hasOwn(values, path)) {
    throw new ConfigProblem(
      "CreateContainerConfigError",
      `field ${path} cannot be used in a variable`,
    );
  }
  return values[path] ?? "";
}

function resourceValue({ resources }: Container, resource: string): string {
  const [kind, name = ""] = resource.split(".");
  return (kind === "limits" ? resources?.limits : resources?.requests)?.[name] ?? "0";
}

export async function configData(
  sources: Sources,
  name: string,
  optional = false,
): Promise<Record<string, Buffer>> {
  const found = await sources.configMap(name);
  if (found === undefined) return missing("configmap", name, optional);
  return {
    ...decoded(found.data ?? {}, "utf8"),
    ...decoded(found.binaryData ?? {}, "base64"),
  };
}

export async function secretData(
  sources: Sources,
  name: string,
  optional = false,
): Promise<Record<string, Buffer>> {
  const found = await sources.secret(name);
  return found === undefined
    ? missing("secret", name, optional)
    : decoded(found.data ?? {}, "base64");
}

function missing(kind: string, name: string, optional: boolean): Record<string, Buffer> {
  if (optional) return {};
  throw new ConfigProblem("CreateContainerConfigError", `${kind} "${name}" not found`);
}

function decoded(data: Record<string, string>, encoding: BufferEncoding): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, encoding)]),
  );
}
