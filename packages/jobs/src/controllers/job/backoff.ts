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

/** A Job's failures since its last success. */
export interface Failures {
  readonly count: number;
  /** When the last one was, in milliseconds; 0 when there is none. */
  readonly last: number;
}

const NO_FAILURES: Failures = { count: 0, last: 0 };

/** The failures with pods that have ended since. */
export function addFailures(
  before: Failures,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): Failures {
  const base = succeeded.length > 0 ? NO_FAILURES : before;
  const lastSuccess = Math.max(-Infinity, ...succeeded.map(endedAt));
  const times = failed.map(endedAt).filter((time) => time > lastSuccess);
  if (times.length === 0) return base;
  return { count: base.count + times.length, last: Math.max(...times) };
}

/** As far as the pods tell that are still there: what a controller knows after its start. */
export function failuresOf(pods: readonly Pod[]): Failures {
  const ended = (phase: string): Pod[] => pods.filter(({ status }) => status?.phase === phase);
  return addFailures(NO_FAILURES, ended("Succeeded"), ended("Failed"));
}
