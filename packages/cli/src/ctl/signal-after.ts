/** The longest delay that Node takes, 24.8 days: `AbortSignal.timeout` would abort at once beyond it. */
const DELAY_MS_MAX: number = 2 ** 31 - 1;

/** Aborts after this time, or after 24.8 days. */
export function signalAfter(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.min(milliseconds, DELAY_MS_MAX));
}
