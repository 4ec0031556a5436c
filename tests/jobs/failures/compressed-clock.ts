import { type Clock } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";

/** A clock that runs `speed` times as fast as the machine's; all processes that share `start` agree. */
export function compressedClock(speed: number, start: number): Clock {
  return {
    ...nodeClock,
    wallTime: () => start + (nodeClock.wallTime() - start) * speed,
    monotonic: () => nodeClock.monotonic() * speed,
    setTimer: (delayMs, callback) => nodeClock.setTimer(delayMs / speed, callback),
    setRepeating: (intervalMs, callback) => nodeClock.setRepeating(intervalMs / speed, callback),
  };
}
