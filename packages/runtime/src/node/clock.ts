import type { Clock, Timer } from "../clock.ts";

/** The longest delay that a timer of Node takes, 24.8 days in milliseconds. A longer one would fire at once. */
const DELAY_MS_MAX: number = 2 ** 31 - 1;

/** A delay of any length, in as many timers as it takes. */
function setLongTimer(delayMs: number, callback: () => void): Timer {
  let left = delayMs;
  let handle: NodeJS.Timeout;
  const wait = (): void => {
    const step = Math.min(left, DELAY_MS_MAX);
    left -= step;
    handle = setTimeout(left > 0 ? wait : callback, step);
  };
  wait();
  return { cancel: () => clearTimeout(handle) };
}

function setLongRepeating(intervalMs: number, callback: () => void): Timer {
  let timer: Timer;
  const again = (): void => {
    timer = setLongTimer(intervalMs, again);
    callback();
  };
  timer = setLongTimer(intervalMs, again);
  return { cancel: () => timer.cancel() };
}

export const nodeClock: Clock = {
  wallTime: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    if (delayMs > DELAY_MS_MAX) return setLongTimer(delayMs, callback);
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  setRepeating(intervalMs, callback) {
    if (intervalMs > DELAY_MS_MAX) return setLongRepeating(intervalMs, callback);
    const handle = setInterval(callback, intervalMs);
    return { cancel: () => clearInterval(handle) };
  },
  defer: (callback) => void setImmediate(callback),
  yield: () => new Promise((resolve) => void setImmediate(resolve)),
};
