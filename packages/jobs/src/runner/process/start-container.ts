import { accessSync, constants, mkdirSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Container, Pod } from "../../objects/pod.ts";
import { commandOf } from "../command.ts";
import { ConfigProblem, environmentOf, type Sources } from "../environment.ts";
import type { Attempt, StartRequest } from "./attempt.ts";
import { confined } from "./supervisor.ts";
import { bindsOf, prepareVolumes } from "./volumes.ts";

/** All that a process needs to run as the container says; raises `ConfigProblem`. */
export async function startRequest(
  pod: Pod,
  container: Container,
  podFolder: string,
  sources: Sources,
): Promise<StartRequest> {
  const environment = await environmentOf(pod, container, sources);
  const places = await prepareVolumes(pod, join(podFolder, "volumes"), sources);
  const command = commandOf(container, environment);
  const binds = bindsOf(container, places);
  const workingDir = container.workingDir ?? "/";
  if (binds.length === 0) checkFolder(workingDir);
  const root = join(podFolder, "root");
  mkdirSync(root, { recursive: true });
  const where = {
    root,
    binds,
    user: userOf(pod, container),
    workingDir,
    privileged: process.getuid?.() === 0,
  };
  return {
    command: confined(command, where),
    environment,
    workingDir: binds.length === 0 ? workingDir : "/",
  };
}

/** The request with a file for the termination message, which is the attempt's own. */
export function withTerminationLog(request: StartRequest, attempt: Attempt): StartRequest {
  const file = join(attempt.folder, "termination-log");
  writeFileSync(file, "", { mode: 0o666 });
  return { ...request, environment: { ...request.environment, NODETCD_TERMINATION_LOG: file } };
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
