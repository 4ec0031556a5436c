import { type Clock } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";

/**
 * A clock that runs `speed` times as fast as the machine's, which said `start` when this one said `at`; all processes that
 * share them agree.
 */
export function compressedClock(speed: number, start: number, at: number = start): Clock {
  return {
    ...nodeClock,
    wallTime: () => at + (nodeClock.wallTime() - start) * speed,
    monotonic: () => nodeClock.monotonic() * speed,
    setTimer: (delayMs, callback) => nodeClock.setTimer(delayMs / speed, callback),
    setRepeating: (intervalMs, callback) => nodeClock.setRepeating(intervalMs / speed, callback),
  };
}
