/** Milliseconds that a clean stop may take before the process leaves anyway. */
export const STOP_DEADLINE_MS = 1_450;

/**
 * Resolves at the first SIGTERM or SIGINT. A second one ends the process at once, as does the
 * deadline: what was acknowledged is in the log on disk and is replayed at the next start.
 */
export function waitForStopSignal(onLate: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(1);
      stopping = true;
      setTimeout(() => {
        onLate();
        process.exit(1);
      }, STOP_DEADLINE_MS).unref();
      resolve(signal);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}
