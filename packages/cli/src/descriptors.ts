import { readFileSync } from "node:fs";
import { jsonFormat } from "./log/format.ts";

/**
 * File descriptors without which the program cannot be loaded: Node reads the modules of a package side
 * by side, and calls one that it could not open missing. Measured: 128 fail, 160 do.
 */
const DESCRIPTORS_MIN = 192;

/** Undefined where /proc is missing. */
function descriptorLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** Says so, in etcd's words, where this process may have too few file descriptors; false if it may have enough. */
export function hasTooFewDescriptors(): boolean {
  const limit = descriptorLimit();
  if (limit === undefined || limit >= DESCRIPTORS_MIN) return false;
  const fields = {
    limit,
    "recommended-limit": DESCRIPTORS_MIN,
    advice: "Raise it: ulimit -n 1024",
  };
  const message = "file descriptor limit of etcd process is too low; please set higher";
  process.stderr.write(`${jsonFormat("error", Date.now(), message, fields)}\n`);
  return true;
}
