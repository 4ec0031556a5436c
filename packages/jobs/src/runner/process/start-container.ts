import { accessSync, chmodSync, constants, mkdirSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Container, Pod } from "../../objects/pod.ts";
import { ConfigProblem, environmentOf, type Sources } from "../environment.ts";
import type { Attempt, StartRequest } from "./attempt.ts";
import { confined, type Confinement } from "./supervisor.ts";
import { bindsOf, prepareVolumes } from "./volumes.ts";

const TERMINATION_PATH = "/dev/termination-log";

/** How a container's processes run, as far as it is the same for all of them. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly where: Confinement;
}

/** Makes the volumes and works out the variables; raises `ConfigProblem`. */
export async function surroundingsOf(
  pod: Pod,
  container: Container,
  podFolder: string,
  sources: Sources,
): Promise<Surroundings> {
  const environment = await environmentOf(pod, container, sources);
  const places = await prepareVolumes(pod, join(podFolder, "volumes"), sources);
  const binds = bindsOf(container, places);
  const workingDir = container.workingDir ?? "/";
  if (binds.length === 0) checkFolder(workingDir);
  const root = join(podFolder, "root");
  mkdirSync(root, { recursive: true });
  const privileged = process.getuid?.() === 0;
  return {
    environment,
    where: { root, binds, user: userOf(pod, container), workingDir, privileged },
  };
}

/** A command that runs there. */
export function requestFor(
  command: readonly string[],
  { environment, where }: Surroundings,
): StartRequest {
  return {
    command: confined(command, where),
    environment,
    workingDir: where.binds.length === 0 ? where.workingDir : "/",
  };
}

/**
 * The same with a file for the termination message, which is the attempt's own. A container with volumes sees
 * it at its path; others find it by a variable.
 */
export function withTerminationLog(
  { environment, where }: Surroundings,
  { terminationMessagePath: target = TERMINATION_PATH }: Container,
  attempt: Attempt,
): Surroundings {
  const source = join(attempt.folder, "termination-log");
  writeFileSync(source, "");
  chmodSync(source, 0o666);
  const bind = { source, target, readOnly: false };
  return {
    environment: {
      ...environment,
      NODETCD_TERMINATION_LOG: where.binds.length === 0 ? source : target,
    },
    where: where.binds.length === 0 ? where : { ...where, binds: [...where.binds, bind] },
  };
}

function userOf(pod: Pod, { securityContext }: Container): string {
  const user = securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const group = securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup;
  if (user === undefined && group === undefined) return "";
  const own = process.getuid?.() ?? 0;
  if (own !== 0) {
    if (user === own && (group === undefined || group === process.getgid?.())) return "";
    throw new ConfigProblem(
      "CreateContainerConfigError",
      `runAsUser ${user}: only a worker that runs as root can change the user`,
    );
  }
  return `${user ?? 0}:${group ?? 0}`;
}

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new ConfigProblem(
    "CreateContainerError",
    `working directory ${folder} does not exist on this host`,
  );
}

/** Why the command cannot be executed, as container runtimes say it; undefined when it can. */
export function whyNotExecutable(command: string, path: string): string | undefined {
  const places = command.includes("/")
    ? [command]
    : path.split(":").map((folder) => join(folder, command));
  const found = places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found) return undefined;
  const why = isAbsolute(command)
    ? "no such file or directory"
    : "executable file not found in $PATH";
  return `exec: "${command}": ${why}`;
}
