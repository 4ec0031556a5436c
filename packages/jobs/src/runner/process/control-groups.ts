import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { quantity } from "../../objects/quantity.ts";
import { SHELL } from "./supervisor.ts";

/** What a container may use at most. */
export interface ContainerLimits {
  readonly memoryBytes: number | undefined;
  /** Processors: 0.5 is half the time of one. */
  readonly processors: number | undefined;
}

/** Undefined when the container has no limits. */
export function limitsOf(
  limits: Readonly<Record<string, string>> = {},
): ContainerLimits | undefined {
  const memoryBytes = quantity(limits["memory"] ?? "");
  const processors = quantity(limits["cpu"] ?? "");
  return memoryBytes === undefined && processors === undefined
    ? undefined
    : { memoryBytes, processors };
}

const FOLDER = "nodetcd-jobs";
/** Microseconds in which a group may use its share of the processors; what the kernel and container runtimes have. */
const PERIOD_US = 100_000;
const LEAST_QUOTA_US = 1_000;

function quotaOf(processors: number): number {
  return Math.max(LEAST_QUOTA_US, Math.round(processors * PERIOD_US));
}

/** Puts `$$` in the groups, then becomes the command. Arguments: how many groups, their files, the command. */
const JOIN = `n=$1; shift
while [ "$n" -gt 0 ]; do echo $$ >"$1" || exit 125; shift; n=$((n-1)); done
exec "$@"`;

/** The command, as a member of the groups from its first instant on. */
export function joined(files: readonly string[], command: readonly string[]): string[] {
  if (files.length === 0) return [...command];
  return [SHELL, "-c", JOIN, "join", String(files.length), ...files, ...command];
}

/**
 * Linux' control groups, where this process may make some: version 2, or the controllers of version 1. A group is a
 * folder; it has a name that is found again after a restart, and goes when nothing is in it.
 */
export class ControlGroups {
  readonly #version: 1 | 2;
  /** Folders that have a folder for each container: one of version 2, or those of memory and cpu. */
  readonly #memory: string;
  readonly #cpu: string;

  private constructor(version: 1 | 2, memory: string, cpu: string) {
    this.#version = version;
    this.#memory = memory;
    this.#cpu = cpu;
  }

  /** Raises, with the system's words, where there are none or they are others'. */
  static open(root = "/sys/fs/cgroup"): ControlGroups {
    if (existsSync(join(root, "cgroup.controllers"))) {
      const folder = join(root, FOLDER);
      enable(root);
      mkdirSync(folder, { recursive: true });
      enable(folder);
      return new ControlGroups(2, folder, folder);
    }
    const [memory, cpu] = [join(root, "memory", FOLDER), join(root, "cpu", FOLDER)];
    for (const folder of [memory, cpu]) mkdirSync(folder, { recursive: true });
    return new ControlGroups(1, memory, cpu);
  }

  /** Makes the group, and gives the files that a process writes its number into. Raises when it cannot. */
  create(name: string, { memoryBytes, processors }: ContainerLimits): string[] {
    const [memory, cpu] = [join(this.#memory, name), join(this.#cpu, name)];
    const used: string[] = [];
    if (memoryBytes !== undefined) {
      mkdirSync(memory, { recursive: true });
      const bytes = String(Math.floor(memoryBytes));
      writeFileSync(
        join(memory, this.#version === 2 ? "memory.max" : "memory.limit_in_bytes"),
        bytes,
      );
      // Swapped memory counts as well, where it is accounted for.
      const swap =
        this.#version === 2 ? ["memory.swap.max", "0"] : ["memory.memsw.limit_in_bytes", bytes];
      if (existsSync(join(memory, swap[0]!))) writeFileSync(join(memory, swap[0]!), swap[1]!);
      used.push(memory);
    }
    if (processors !== undefined) {
      mkdirSync(cpu, { recursive: true });
      const quota = String(quotaOf(processors));
      if (this.#version === 2) writeFileSync(join(cpu, "cpu.max"), `${quota} ${PERIOD_US}`);
      else {
        writeFileSync(join(cpu, "cpu.cfs_period_us"), String(PERIOD_US));
        writeFileSync(join(cpu, "cpu.cfs_quota_us"), quota);
      }
      used.push(cpu);
    }
    return [...new Set(used)].map((folder) => join(folder, "cgroup.procs"));
  }

  /** Whether the kernel has killed a process of the group because it had no memory left. */
  ranOutOfMemory(name: string): boolean {
    const file = this.#version === 2 ? "memory.events" : "memory.oom_control";
    const path = join(this.#memory, name, file);
    return existsSync(path) && /^oom_kill [1-9]/m.test(readFileSync(path, "utf8"));
  }

  /** Removes a group in which nothing runs any more. */
  remove(name: string): void {
    for (const folder of new Set([this.#memory, this.#cpu])) removeEmpty(join(folder, name));
  }

  /** Removes those that an earlier worker has left. */
  removeAllEmpty(): void {
    for (const folder of new Set([this.#memory, this.#cpu])) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
      }
    }
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something is in it still, or it is not there.
  }
}

/** Lets the folder's children have limits. */
function enable(folder: string): void {
  const file = join(folder, "cgroup.subtree_control");
  const on = existsSync(file) ? readFileSync(file, "utf8").split(/\s+/) : [];
  const missing = ["memory", "cpu"].filter((name) => !on.includes(name));
  if (missing.length > 0) appendFileSync(file, missing.map((name) => `+${name}`).join(" "));
}
