import { DiskError } from "../disk.ts";

// Node has no flock(2), but the lock belongs to the open file description, which a child process
// shares: the `flock` program of util-linux takes it on its descriptor 3, and it stays with us.

export type LockKind = "shared" | "exclusive";

/** Exit status of `flock` when the lock is held by somebody else; see its `-E` option. */
const LOCK_CONFLICT = 75;

function argumentsFor(kind: LockKind, timeoutMs: number): string[] {
  const wait = timeoutMs > 0 ? ["--timeout", String(timeoutMs / 1000)] : ["--nonblock"];
  return [`--${kind}`, "--conflict-exit-code", String(LOCK_CONFLICT), ...wait, "3"];
}

function cannotRun(path: string, cause: Error): DiskError {
  const text = `Cannot lock ${path}: the program "flock" (package util-linux) cannot be run`;
  return new DiskError("IO_FAILED", path, text, { cause });
}

/** Raises what an exit status other than 0 says. */
function refuseUnlessLocked(path: string, status: number | null, stderr: string): void {
  if (status === 0) return;
  const isHeld = status === LOCK_CONFLICT;
  const reason = isHeld
    ? "another process has it open; stop that process first"
    : stderr.trim() || `flock ended with ${status}`;
  throw new DiskError(isHeld ? "LOCKED" : "IO_FAILED", path, `Cannot lock ${path}: ${reason}`);
}

/** See `DiskFile.lock`. */
export function lockDescriptor(
  path: string,
  descriptor: number,
  kind: LockKind,
  timeoutMs: number,
): void {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const run = spawnSync("flock", argumentsFor(kind, timeoutMs), {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    encoding: "utf8",
  });
  if (run.error !== undefined) throw cannotRun(path, run.error);
  refuseUnlessLocked(path, run.status, run.stderr);
}

/** See `DiskFile.lockAsync`. */
export async function lockDescriptorAsync(
  path: string,
  descriptor: number,
  kind: LockKind,
): Promise<void> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const run = spawn("flock", argumentsFor(kind, 0), {
    stdio: ["ignore", "ignore", "pipe", descriptor],
  });
  let stderr = "";
  run.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    run.on("error", (cause) => reject(cannotRun(path, cause)));
    run.on("close", resolve);
  });
  refuseUnlessLocked(path, status, stderr);
}
