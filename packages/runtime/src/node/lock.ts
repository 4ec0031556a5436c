import { DiskError } from "../disk.ts";
import { type Claim, claim, CLAIM_LIMITS, type LockKind } from "./claims.ts";
import { refuseForeignLock } from "./foreign-lock.ts";

// Node has no flock(2), but the lock belongs to the open file description, which a child process
// shares: the `flock` program takes it on its descriptor 3, and it stays with us. Util-linux has one, and busybox: options are
// those that both know. Where there is none, claims take its place (`claims.ts`).

/** Milliseconds between two tries of who waits for a lock. */
const TRY_MS = 20;
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** What the system said: held by somebody else, ours, or there is no such program. */
type Outcome = "locked" | "held" | "no flock";

let isMissing = false;

/** What locks here cannot see, as a sentence for operators; undefined: they keep out everybody who locks. */
export function lockLimits(): string | undefined {
  return isMissing ? CLAIM_LIMITS : undefined;
}

/** See `DiskFile.lock`. Undefined: the lock is the descriptor's. */
export function lockDescriptor(
  path: string,
  descriptor: number,
  kind: LockKind,
  timeoutMs: number,
): Claim | undefined {
  refuseWindows(path);
  for (let left = timeoutMs; ; left -= TRY_MS) {
    try {
      return lockNow(path, descriptor, kind);
    } catch (error) {
      const isHeld = error instanceof DiskError && error.code === "LOCKED";
      if (!isHeld || left <= 0) throw error;
      Atomics.wait(NEVER, 0, 0, TRY_MS);
    }
  }
}

function lockNow(path: string, descriptor: number, kind: LockKind): Claim | undefined {
  if (!isMissing) {
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const run = spawnSync("flock", argumentsFor(kind), {
      stdio: ["ignore", "ignore", "pipe", descriptor],
      encoding: "utf8",
    });
    const outcome = outcomeOf(path, run.status, run.stderr, run.error);
    refuseForeignLock(path, descriptor, kind);
    if (outcome !== "no flock") return refuseHeld(path, outcome);
  }
  return claim(path, descriptor, kind);
}

/** See `DiskFile.lockAsync`. */
export async function lockDescriptorAsync(
  path: string,
  descriptor: number,
  kind: LockKind,
): Promise<Claim | undefined> {
  refuseWindows(path);
  if (!isMissing) {
    const outcome = await runFlock(path, descriptor, kind);
    refuseForeignLock(path, descriptor, kind);
    if (outcome !== "no flock") return refuseHeld(path, outcome);
  }
  return claim(path, descriptor, kind);
}

async function runFlock(path: string, descriptor: number, kind: LockKind): Promise<Outcome> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const run = spawn("flock", argumentsFor(kind), {
    stdio: ["ignore", "ignore", "pipe", descriptor],
  });
  let stderr = "";
  run.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const { status, error } = await new Promise<{ status: number | null; error?: Error }>(
    (resolve) => {
      run.on("error", (cause) => resolve({ status: null, error: cause }));
      run.on("close", (code) => resolve({ status: code }));
    },
  );
  return outcomeOf(path, status, stderr, error);
}

function argumentsFor(kind: LockKind): string[] {
  return [kind === "shared" ? "-s" : "-x", "-n", "3"];
}

/** A lock that is held elsewhere is told by status 1 without a word. */
function outcomeOf(
  path: string,
  status: number | null,
  stderr: string,
  error: Error | undefined,
): Outcome {
  if (error !== undefined) {
    // None there, or none that may be run; anything else is about this process.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EACCES") {
      const text = `Cannot lock ${path}: the program "flock" cannot be run: ${error.message}`;
      throw new DiskError("IO_FAILED", path, text, { cause: error });
    }
    isMissing = true;
    return "no flock";
  }
  if (status === 0) return "locked";
  const said = stderr.trim();
  if (status === 1 && said === "") return "held";
  throw new DiskError("IO_FAILED", path, `Cannot lock ${path}: ${said || `flock: ${status}`}`);
}

function refuseHeld(path: string, outcome: Outcome): undefined {
  if (outcome !== "held") return undefined;
  const text = `Cannot lock ${path}: another process has it open; stop that process first`;
  throw new DiskError("LOCKED", path, text);
}

/** Its files cannot be renamed, shortened and synced as a member needs it. */
function refuseWindows(path: string): void {
  if (process.platform !== "win32") return;
  const text =
    `Cannot lock ${path}: on Windows nodetcd keeps no data on disk. Run it in WSL or a container, ` +
    "or in memory (startEtcd() without dataDir)";
  throw new DiskError("IO_FAILED", path, text);
}
