import { setTimeout as pause } from "node:timers/promises";

/** Tries of one call: far more than signals come, and yet an end where a file system always says so. */
const TRIES_MAX = 1_000;
/** Milliseconds between tries while the system asks to be asked again. */
const PAUSE_MS = 1;

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/**
 * Whether a failed call has done nothing and is to be made again: a signal came in between (EINTR), or the
 * file system was busy (EAGAIN). Neither says anything about the disk.
 */
function isPassing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EINTR" || code === "EAGAIN";
}

/** Makes a call of the file system until it works or fails for a reason; `work` must be one that can be repeated. */
export function retry<T>(work: () => T): T {
  for (let tries = 1; ; tries++) {
    try {
      return work();
    } catch (error) {
      if (!isPassing(error) || tries === TRIES_MAX) throw error;
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") Atomics.wait(NEVER, 0, 0, PAUSE_MS);
    }
  }
}

/** As `retry`, without holding the event loop. */
export async function retryAsync<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || tries === TRIES_MAX) throw error;
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") await pause(PAUSE_MS);
    }
  }
}
