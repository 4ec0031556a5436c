/** The preloaded library that makes calls of the disk fail, and what a member on such a disk is started with. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

const { errno } = constants;

export const CALLS = [
  "open",
  "read",
  "write",
  "sync",
  "truncate",
  "rename",
  "unlink",
  "mkdir",
  "list",
] as const;
export type Call = (typeof CALLS)[number];
export type ErrorName = "EINTR" | "EIO" | "ENOSPC" | "EMFILE";

/** Which calls of a disk are struck, and with what. */
export interface Plan {
  readonly call: Call | "any";
  /** Pattern of the last part of the file's name, as for fnmatch(3). */
  readonly name: string;
  /** The first of those calls that is struck, from 1. */
  readonly first: number;
  readonly times: "once" | "from then on" | "every other";
  /** Default: none, the calls only wait. */
  readonly error?: ErrorName;
  /** Milliseconds that a struck call waits first. Default 0. */
  readonly waitMs?: number;
}

/** A call that was made: its kind and the last part of its file's name. */
export interface TracedCall {
  readonly call: Call;
  readonly name: string;
  readonly struck: boolean;
}

export class FaultyDisk {
  readonly #library: string;

  private constructor(library: string) {
    this.#library = library;
  }

  /** Undefined where there is no C compiler, or no way to preload what it makes. */
  static build(folder: string): FaultyDisk | undefined {
    const source = join(import.meta.dirname, "faulty-disk.c");
    const library = join(folder, "faulty-disk.so");
    const options = ["-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"];
    const built = process.platform === "linux" && spawnSync("cc", options).status === 0;
    return built ? new FaultyDisk(library) : undefined;
  }

  /** Environment of a process whose files below `directory` are on the faulty disk; `trace`: see `readTrace`. */
  environment(directory: string, plan: Plan | undefined, trace: string): Record<string, string> {
    const times = { once: 1, "from then on": 0, "every other": -1 };
    return {
      LD_PRELOAD: this.#library,
      FAULTS_BELOW: `${directory}/`,
      FAULTS_TRACE: trace,
      ...(plan !== undefined && {
        FAULTS_CALL: plan.call,
        FAULTS_NAME: plan.name,
        FAULTS_FIRST: String(plan.first),
        FAULTS_TIMES: String(times[plan.times]),
        FAULTS_ERROR: String(plan.error === undefined ? 0 : errno[plan.error]),
        FAULTS_WAIT: String(plan.waitMs ?? 0),
      }),
    };
  }
}

/** What a process has asked its disk for. */
export function readTrace(trace: string): TracedCall[] {
  if (!existsSync(trace)) return [];
  const lines = readFileSync(trace, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [, call, name = "", mark] = /^(\S+) (.*?)( !)?$/.exec(line) ?? [];
    return { call: call as Call, name, struck: mark !== undefined };
  });
}

/** The kind of file behind a name: numbers and random parts are `*`. */
export function kindOf(name: string): string {
  return name.replace(/[0-9a-f]{8,}|[0-9]+/g, "*").replace(/\*(-\*)+/g, "*");
}
