/** A duration as Go prints it: `45.88µs`, `1.122401ms`, `1.5s`, `2m3.5s`. */
export function goDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${trimmed(nanoseconds, 1e3, 3)}µs`;
  if (nanoseconds < 1e9) return `${trimmed(nanoseconds, 1e6, 6)}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${trimmed(nanoseconds - minutes * 60e9, 1e9, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** `whole / unit`, without zeros at the end. */
function trimmed(whole: number, unit: number, digits: number): string {
  const fraction = String(whole % unit).padStart(digits, "0");
  return `${Math.floor(whole / unit)}.${fraction}`.replace(/\.?0+$/, "");
}

/** Go's units, in milliseconds. */
const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3, // the micro sign
  "\u03bcs": 1e-3, // the Greek letter
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/**
 * Reads a duration as Go's `time.ParseDuration` does: `300ms`, `-1.5h`, `2h45m`; a bare `0` needs no unit.
 *
 * @returns milliseconds; undefined when it is not a duration
 */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0;
  let total = 0;
  let position = 0;
  while (position < body.length) {
    PART.lastIndex = position;
    const match = PART.exec(body);
    if (match === null) return undefined;
    total += Number(match[1]) * UNITS_MS[match[2]!]!;
    position = PART.lastIndex;
  }
  return body === "" ? undefined : sign * total;
}
