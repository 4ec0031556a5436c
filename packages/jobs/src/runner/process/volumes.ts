import {
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Container, KeyToPath, Pod, Volume } from "../../objects/pod.ts";
import { configData, ConfigProblem, secretData, type Sources } from "../environment.ts";
import type { Bind } from "./supervisor.ts";

const FILE_MODE = 0o644;

/** Makes the pod's volumes below `folder` and gives where each is on the host. */
export async function prepareVolumes(
  pod: Pod,
  folder: string,
  sources: Sources,
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    places.set(volume.name, await prepareVolume(volume, join(folder, volume.name), sources));
  }
  return places;
}

async function prepareVolume(volume: Volume, folder: string, sources: Sources): Promise<string> {
  const { hostPath, configMap, secret, emptyDir, name } = volume;
  if (hostPath !== undefined) return hostFolder(hostPath);
  if (configMap !== undefined) {
    const data = await configData(sources, configMap.name, configMap.optional);
    return writeFiles(folder, data, configMap.items, configMap.defaultMode);
  }
  if (secret !== undefined) {
    const data = await secretData(sources, secret.secretName, secret.optional);
    return writeFiles(folder, data, secret.items, secret.defaultMode);
  }
  if (emptyDir === undefined) {
    const message = `volume "${name}" is of a kind that processes cannot have; use emptyDir, hostPath, configMap or secret`;
    throw new ConfigProblem("CreateContainerConfigError", message);
  }
  mkdirSync(folder, { recursive: true });
  // Users of all containers share it, as in Kubernetes; the pod's folder keeps strangers out.
  chmodSync(folder, 0o777);
  return folder;
}

function hostFolder({ path, type = "" }: NonNullable<Volume["hostPath"]>): string {
  if (type === "DirectoryOrCreate") mkdirSync(path, { recursive: true, mode: 0o755 });
  if (type === "FileOrCreate" && !existsSync(path)) writeFileSync(path, "");
  const found = statSync(path, { throwIfNoEntry: false });
  const directory = type.startsWith("Directory");
  if (found === undefined || (directory && !found.isDirectory())) {
    throw new ConfigProblem(
      "FailedMount",
      `hostPath type check failed: ${path} is not a ${directory ? "directory" : "file or directory"}`,
    );
  }
  return path;
}

/** Written beside its place and put there whole. Contents are those of the pod's first start. */
function writeFiles(
  folder: string,
  data: Record<string, Buffer>,
  items: KeyToPath[] | undefined,
  mode = FILE_MODE,
): string {
  if (existsSync(folder)) return folder;
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const files = items ?? Object.keys(data).map((key): KeyToPath => ({ key, path: key }));
  for (const { key, path, mode: own } of files) {
    const content = data[key];
    const place = resolve(making, path);
    if (content === undefined || !place.startsWith(making + sep)) {
      throw new ConfigProblem(
        "FailedMount",
        `key ${key} is missing, or its path ${path} leads out of the volume`,
      );
    }
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
    chmodSync(place, own ?? mode);
  }
  renameSync(making, folder);
  return folder;
}

/** Where a container sees the volumes. */
export function bindsOf(
  { volumeMounts = [] }: Container,
  places: ReadonlyMap<string, string>,
): Bind[] {
  return volumeMounts.map(({ name, mountPath, subPath = "", readOnly = false }) => {
    const place = places.get(name);
    if (place === undefined) {
      throw new ConfigProblem("CreateContainerConfigError", `volume "${name}" not found`);
    }
    const source = resolve(place, subPath);
    if (source !== place && !source.startsWith(place + sep)) {
      throw new ConfigProblem(
        "CreateContainerConfigError",
        `subPath ${subPath} leads out of volume "${name}"`,
      );
    }
    if (!existsSync(source)) mkdirSync(source, { recursive: true });
    return { source, target: resolve("/", mountPath), readOnly };
  });
}
