import type { Pod } from "../../objects/pod.ts";
import { endedAt } from "./pod-state.ts";

/** After the first failure; doubled by each further one. */
const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;

/** Milliseconds until a pod may be made again after so many failures in a row. */
export function backoffLeft(failures: number, lastFailure: number, now: number): number {
  if (failures === 0) return 0;
  const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.max(0, lastFailure + wait - now);
}

/**
 * The same for a Job as a whole, from the failures since the last success. It is worked out anew from the
 * pods that are there, so it is the same after a restart of the controller.
 */
export function jobBackoffLeft(
  succeeded: readonly Pod[],
  failed: readonly Pod[],
  now: number,
): number {
  const lastSuccess = Math.max(-Infinity, ...succeeded.map(endedAt));
  const times = failed.map(endedAt).filter((time) => time > lastSuccess);
  return backoffLeft(times.length, Math.max(...times), now);
}
