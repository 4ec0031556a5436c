import type { Clock } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";

/** The real clock running `factor` times as fast, so that long times can be waited for. */
export function fastClock(factor: number): Clock {
  return {
    ...nodeClock,
    monotonic: () => nodeClock.monotonic() * factor,
    setTimer: (delayMs, callback) => nodeClock.setTimer(delayMs / factor, callback),
    setRepeating: (intervalMs, callback) =>
      nodeClock.setRepeating(Math.max(1, intervalMs / factor), callback),
  };
}

/** Timers run, and what is measured takes no time: whatever comes, comes at once. */
export const stillClock: Clock = { ...nodeClock, monotonic: () => 0 };
