import { readdirSync, readFileSync } from "node:fs";

/** In the environment of all that a container starts; the value is the folder of its attempt. */
export const MARKER = "NODETCD_ATTEMPT";

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Whether this process is alive and belongs to the attempt: a number alone may be somebody else's by now. */
export function belongsTo(pid: number, attempt: string): boolean {
  if (!isAlive(pid)) return false;
  return read(`/proc/${pid}/environ`)?.split("\0").includes(`${MARKER}=${attempt}`) === true;
}

/** Neither gone nor a zombie. */
function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Fields of /proc/PID/stat behind the name, which may have blanks: state is the first. */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** When the process began, in ticks since the machine started: tells apart two of one number. */
export function startTicks(pid: number): string | undefined {
  return isAlive(pid) ? statOf(pid)?.[19] : undefined;
}

/** All processes of an attempt, wherever they have gone: the marker is inherited. */
export function processesOf(attempt: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name) && belongsTo(Number(name), attempt)) found.push(Number(name));
  }
  return found;
}

/** Sends a signal; false when there is no such process. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
