import { performance } from "node:perf_hooks";
import type { Clock } from "../clock.ts";

export const nodeClock: Clock = {
  wallTime: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  setRepeating(intervalMs, callback) {
    const handle = setInterval(callback, intervalMs);
    return { cancel: () => clearInterval(handle) };
  },
  defer: (callback) => void setImmediate(callback),
  yield: () => new Promise((resolve) => void setImmediate(resolve)),
};
