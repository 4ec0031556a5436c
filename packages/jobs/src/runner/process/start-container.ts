import { accessSync, chmodSync, constants, mkdirSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Container, Pod } from "../../objects/pod.ts";
import type { RuntimeName } from "../../parts.ts";
import { ConfigProblem, environmentOf, type Sources } from "../environment.ts";
import type { Attempt } from "./attempt.ts";
import { type Engine, engineOf, execRequest } from "./container-engine.ts";
import { confined, type Confinement, type StartRequest } from "./supervisor.ts";
import { bindsOf, prepareVolumes } from "./volumes.ts";

const TERMINATION_PATH = "/dev/termination-log";

/** How a container's processes run, as far as it is the same for all of them. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly where: Confinement;
  /** Undefined: processes of this machine. */
  readonly engine: Engine | undefined;
}

/** Makes the volumes and works out the variables; raises `ConfigProblem`. */
export async function surroundingsOf(
  pod: Pod,
  container: Container,
  podFolder: string,
  sources: Sources,
  runtime: RuntimeName,
): Promise<Surroundings> {
  const engine = engineOf(pod, runtime);
  const environment = await environmentOf(pod, container, sources);
  const places = await prepareVolumes(pod, join(podFolder, "volumes"), sources);
  const binds = bindsOf(container, places);
  const workingDir = container.workingDir ?? "/";
  if (binds.length === 0 && engine === undefined) checkFolder(workingDir);
  const root = join(podFolder, "root");
  mkdirSync(root, { recursive: true });
  const privileged = process.getuid?.() === 0;
  return {
    environment,
    engine,
    where: { root, binds, user: userOf(pod, container, engine), workingDir, privileged },
  };
}

/** A command that runs there; where an engine has the container, in that of this attempt. */
export function requestFor(
  command: readonly string[],
  { environment, where, engine }: Surroundings,
  attempt: Attempt,
): StartRequest {
  if (engine !== undefined) return execRequest(engine, attempt.group, command);
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
  { environment, where, engine }: Surroundings,
  { terminationMessagePath: target = TERMINATION_PATH }: Container,
  attempt: Attempt,
): Surroundings {
  const source = join(attempt.folder, "termination-log");
  writeFileSync(source, "");
  chmodSync(source, 0o666);
  const bind = { source, target, readOnly: false };
  const isBound = where.binds.length > 0 || engine !== undefined;
  return {
    environment: { ...environment, NODETCD_TERMINATION_LOG: isBound ? target : source },
    where: isBound ? { ...where, binds: [...where.binds, bind] } : where,
    engine,
  };
}

function userOf(pod: Pod, { securityContext }: Container, engine: Engine | undefined): string {
  const user = securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const group = securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup;
  if (user === undefined && group === undefined) return "";
  const own = process.getuid?.() ?? 0;
  if (own !== 0 && engine === undefined) {
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
