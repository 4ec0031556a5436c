import { ignore } from "./call.ts";

/** Who waits for a signal. One listener of the signal stands for all: Node takes more than ten for a leak. */
class Waiting {
  readonly actions = new Set<{ readonly run: () => void }>();

  readonly wake = (): void => {
    for (const action of this.actions) action.run();
  };
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `run` when the signal is aborted; never when it already is. Any number of calls may wait for one
 * signal. Returns how to take it back, which may be done at any time and twice; the signal keeps
 * what was not taken back.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) return ignore;
  let all = waiting.get(signal);
  if (all === undefined) {
    all = new Waiting();
    waiting.set(signal, all);
    signal.addEventListener("abort", all.wake, { once: true });
  }
  const { actions, wake } = all;
  const action = { run };
  actions.add(action);
  return () => {
    if (!actions.delete(action) || actions.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", wake);
  };
}
