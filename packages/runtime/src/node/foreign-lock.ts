import * as fs from "node:fs";
import { DiskError } from "../disk.ts";
import type { LockKind } from "./claims.ts";

/** A line of /proc/locks about a lock of fcntl(2): its kind, and the device and inode that it is on. */
const LINE = /^\d+: (?:OFDLCK|POSIX) +\w+ +(READ|WRITE) +-?\d+ ([0-9a-f]+):([0-9a-f]+):(\d+) /gm;

/** Linux packs both numbers of a device into one (`makedev(3)`). */
function deviceText(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  const pad = (number: bigint): string => number.toString(16).padStart(2, "0");
  return `${pad(major)}:${pad(minor)}`;
}

/**
 * Refuses a file on which somebody holds a lock of fcntl(2): etcd takes those on the segments of its log. Node cannot take
 * them, and flock(2) does not see them; Linux lists them. Elsewhere, and on file systems that stand over another
 * (overlayfs), they are not seen. Raises `LOCKED`.
 */
export function refuseForeignLock(path: string, descriptor: number, kind: LockKind): void {
  if (process.platform !== "linux") return;
  let locks: string;
  try {
    locks = fs.readFileSync("/proc/locks", "latin1");
  } catch {
    return;
  }
  const { dev, ino } = fs.fstatSync(descriptor, { bigint: true });
  const wanted = `${deviceText(dev)}:${ino}`;
  for (const [, held, major, minor, inode] of locks.matchAll(LINE)) {
    if (`${major}:${minor}:${inode}` !== wanted) continue;
    if (kind === "shared" && held === "READ") continue;
    const text = `Cannot lock ${path}: another program (an etcd?) holds a lock on it; stop that program first`;
    throw new DiskError("LOCKED", path, text);
  }
}
