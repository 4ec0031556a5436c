import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { DiskError } from "../disk.ts";
import { diskError } from "./disk-error.ts";

// Locks without a program that locks: a file beside the locked one for each who has it open, in the manner of
// Lamport's bakery. One is made first and then it is looked who else has one: of two that begin at the same time at
// least one sees the other, and gives way. Claims of the dead are removed by whoever finds them.
//
//     .claim-1311768-exclusive-4242-8812345-0-3     inode, kind, process, when that began, thread, number

export type LockKind = "shared" | "exclusive";

/** What these locks cannot see, for people. */
export const CLAIM_LIMITS: string =
  process.platform === "linux"
    ? "Neither flock (package util-linux) nor perl can be run: the data is locked against processes of this machine and container, " +
      "not against those of other containers and machines"
    : "Neither flock (package util-linux) nor perl can be run: the data is locked against other nodetcd processes of this machine " +
      "that have none either, not against etcd, and not against other machines";

const CLAIM = /^\.claim-(\d+)-(shared|exclusive)-(\d+)-(\d+)-(\d+)-\d+$/;

/** Claims of this thread that stand. */
const standing = new Set<string>();
let made = 0;

/** A lock that is held; `path` may have been renamed with its directory since. */
export interface Claim {
  release(): void;
}

/** Takes the lock, or raises `LOCKED`. Nobody is waited for. */
export function claim(path: string, descriptor: number, kind: LockKind): Claim {
  const file = fs.fstatSync(descriptor);
  const started = startOf(process.pid) ?? 0;
  const name = `.claim-${file.ino}-${kind}-${process.pid}-${started}-${threadId}-${made++}`;
  const place = join(dirname(path), name);
  const release = (): void => {
    standing.delete(name);
    // Where its directory was renamed, whoever finds it next removes it.
    fs.rmSync(place, { force: true });
  };
  try {
    make(place, kind);
    standing.add(name);
    if (othersOn(path, file.ino, name, kind) || hasFlock(file, kind)) {
      const text = `Cannot lock ${path}: another process has it open; stop that process first`;
      throw new DiskError("LOCKED", path, text);
    }
    return { release };
  } catch (error) {
    release();
    throw error instanceof DiskError ? error : diskError(error, path, "lock");
  }
}

/** Who only reads needs none where nobody can write. */
function make(place: string, kind: LockKind): void {
  try {
    fs.closeSync(fs.openSync(place, "wx", 0o600));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (kind === "exclusive" || !["EROFS", "EACCES", "EPERM"].includes(code)) throw error;
  }
}

/** Whether somebody alive has a claim that does not go together with this one. */
function othersOn(path: string, inode: number, own: string, kind: LockKind): boolean {
  let isHeld = false;
  for (const name of fs.readdirSync(dirname(path))) {
    const [, ino, otherKind, pid, start, thread] = CLAIM.exec(name) ?? [];
    if (name === own || Number(ino) !== inode) continue;
    if (isAlive(name, Number(pid), Number(start), Number(thread))) {
      isHeld ||= kind === "exclusive" || otherKind === "exclusive";
    } else fs.rmSync(join(dirname(path), name), { force: true });
  }
  return isHeld;
}

function isAlive(name: string, pid: number, start: number, thread: number): boolean {
  if (pid === process.pid && thread === threadId && start === (startOf(pid) ?? 0)) {
    return standing.has(name);
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return now === undefined || start === 0 || now === start;
}

/** When a process began, in ticks since the machine did, so that another one with its number is not taken for it. Linux only. */
function startOf(pid: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, may hold anything; what is wanted is the twentieth after it.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}

/** Whether a process of this container has a lock by flock(2), as etcd takes it, that does not go together with this one. */
function hasFlock({ dev, ino }: fs.Stats, kind: LockKind): boolean {
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  const file = `${twoDigits(major)}:${twoDigits(minor)}:${ino}`;
  let locks: string;
  try {
    locks = fs.readFileSync("/proc/locks", "latin1");
  } catch {
    return false;
  }
  // 1: FLOCK  ADVISORY  WRITE 4242 08:01:1311768 0 EOF
  return locks.split("\n").some((line) => {
    const [, type, , mode, , of] = line.split(/\s+/);
    return type === "FLOCK" && of === file && (kind === "exclusive" || mode === "WRITE");
  });
}

function twoDigits(value: number): string {
  return value.toString(16).padStart(2, "0");
}
