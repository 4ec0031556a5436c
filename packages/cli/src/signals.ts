/** Milliseconds that a clean stop may take before the process leaves anyway. */
export const STOP_DEADLINE_MS = 1_450;

/**
 * Signals that do nothing to a program written in Go, as etcd is, and would end this one. SIGUSR1 would open
 * Node's debugger, on a port through which every user of the machine could run code here.
 */
const HARMLESS_SIGNALS = [
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGIO",
  "SIGPWR",
  "SIGXCPU",
] as const;

/** Passes over signals that are not meant for this program, from now on. Keeps no process alive. */
export function ignoreHarmlessSignals(): void {
  for (const name of HARMLESS_SIGNALS) process.on(name, () => undefined);
}

/** Signals that end a member, in the words that etcd logs them with. */
export const SIGNAL_WORDS = { SIGTERM: "terminated", SIGINT: "interrupt" } as const;
export type StopSignal = keyof typeof SIGNAL_WORDS;

/**
 * Takes SIGTERM and SIGINT from now on, and resolves at the first. Later ones change nothing, as with etcd: a
 * supervisor may repeat its signal, or pass on what the whole process group got. A stop that takes too long is ended by
 * the deadline: what was acknowledged is in the log on disk and is replayed at the next start.
 */
export function takeStopSignals(onLate: () => void): Promise<StopSignal> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: StopSignal): void => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => {
        onLate();
        process.exit(1);
      }, STOP_DEADLINE_MS).unref();
      resolve(signal);
    };
    process.on("SIGTERM", () => onSignal("SIGTERM"));
    process.on("SIGINT", () => onSignal("SIGINT"));
  });
}
