import { DiskError } from "../disk.ts";
import { type Claim, claim, CLAIM_LIMITS, type LockKind } from "./claims.ts";
import { refuseForeignLock } from "./foreign-lock.ts";
import { type Locker, LOCKERS } from "./lockers.ts";

// Node has no flock(2), but the lock belongs to the open file description, which a child process
// shares: a small program takes it on its descriptor 3, and it stays with us (`lockers.ts`). Where there is none, claims take
// its place (`claims.ts`).

/** Milliseconds between two tries of who waits for a lock. */
const TRY_MS = 20;
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** What the system said: held by somebody else, ours, or there is no such program. */
type Outcome = "locked" | "held" | "missing";

/** The first of `LOCKERS` that has not been found missing; undefined: all are. */
let locker: Locker | undefined = LOCKERS[0];

/** What locks here cannot see, as a sentence for operators; undefined: they keep out everybody who locks. */
export function lockLimits(): string | undefined {
  return locker === undefined ? CLAIM_LIMITS : undefined;
}

/** For who has a file locked already: refuses it when another has locked it since in a way that our lock does not keep out. */
export function refuseLaterLock(path: string, descriptor: number, kind: LockKind): void {
  if (locker?.locksRecords !== true) refuseForeignLock(path, descriptor, kind);
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
  while (locker !== undefined) {
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const { program, argumentsFor } = locker;
    const run = spawnSync(program, argumentsFor(kind), {
      stdio: ["ignore", "ignore", "pipe", descriptor],
      encoding: "utf8",
      env: environment(),
    });
    const outcome = outcomeOf(path, program, run.status, run.stderr, run.error);
    if (outcome !== "missing") return settle(outcome, path, descriptor, kind);
    advance(program);
  }
  refuseForeignLock(path, descriptor, kind);
  return claim(path, descriptor, kind);
}

/** See `DiskFile.lockAsync`. */
export async function lockDescriptorAsync(
  path: string,
  descriptor: number,
  kind: LockKind,
): Promise<Claim | undefined> {
  refuseWindows(path);
  while (locker !== undefined) {
    const { program } = locker;
    const outcome = await run(locker, path, descriptor, kind);
    if (outcome !== "missing") return settle(outcome, path, descriptor, kind);
    advance(program);
  }
  refuseForeignLock(path, descriptor, kind);
  return claim(path, descriptor, kind);
}

async function run(
  { program, argumentsFor }: Locker,
  path: string,
  descriptor: number,
  kind: LockKind,
): Promise<Outcome> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(program, argumentsFor(kind), {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    env: environment(),
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const { status, error } = await new Promise<{ status: number | null; error?: Error }>(
    (resolve) => {
      child.on("error", (cause) => resolve({ status: null, error: cause }));
      child.on("close", (code) => resolve({ status: code }));
    },
  );
  return outcomeOf(path, program, status, stderr, error);
}

/** Nothing but what finds the program: no options, and no warnings about locales, come from ours. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C" };
}

/** `program` is missing: the next one, unless a lock taken at the same time has found that out. */
function advance(program: string): void {
  const index = LOCKERS.findIndex((each) => each.program === program);
  if (locker === LOCKERS[index]) locker = LOCKERS[index + 1];
}

/** A lock that is held elsewhere is told by status 1 without a word. */
function outcomeOf(
  path: string,
  program: string,
  status: number | null,
  stderr: string,
  error: Error | undefined,
): Outcome {
  if (error !== undefined) {
    // None there, or none that may be run; anything else is about this process.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EACCES") {
      const text = `Cannot lock ${path}: the program "${program}" cannot be run: ${error.message}`;
      throw new DiskError("IO_FAILED", path, text, { cause: error });
    }
    return "missing";
  }
  if (status === 0) return "locked";
  const said = stderr.trim();
  if (status === 1 && said === "") return "held";
  throw new DiskError("IO_FAILED", path, `Cannot lock ${path}: ${said || `${program}: ${status}`}`);
}

function settle(outcome: Outcome, path: string, descriptor: number, kind: LockKind): undefined {
  if (outcome === "held") {
    const text = `Cannot lock ${path}: another program has it open (a nodetcd, an etcd?); stop that program first`;
    throw new DiskError("LOCKED", path, text);
  }
  refuseLaterLock(path, descriptor, kind);
  return undefined;
}

/** Its files cannot be renamed, shortened and synced as a member needs it. */
function refuseWindows(path: string): void {
  if (process.platform !== "win32") return;
  const text =
    `Cannot lock ${path}: on Windows nodetcd keeps no data on disk. Run it in WSL or a container, ` +
    "or in memory (startEtcd() without dataDir)";
  throw new DiskError("IO_FAILED", path, text);
}
