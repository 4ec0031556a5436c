const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;

/** Milliseconds before a container's next run, after so many restarts: the first restart comes at once. */
export function restartDelay(restarts: number, firstMs: number = FIRST_MS): number {
  return restarts === 0 ? 0 : Math.min(LONGEST_MS, firstMs * 2 ** Math.min(restarts - 1, 30));
}
