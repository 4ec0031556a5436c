/** Aborted by the first SIGINT or SIGTERM from now on; later ones change nothing. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  return controller.signal;
}

/** Resolves once one of the signals is aborted; at once when one is. */
export function firstOf(...signals: readonly AbortSignal[]): Promise<AbortSignal> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) return resolve(signal);
      signal.addEventListener("abort", () => resolve(signal), { once: true });
    }
  });
}
