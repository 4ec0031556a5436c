const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes for people: three digits, 1,024 a step. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const STEPS: readonly (readonly [number, string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A duration in two units at most: `4 min 13 s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const first = STEPS.findIndex(([size]) => seconds >= size);
  const step = STEPS[first];
  if (step === undefined) return "0 s";
  const whole = `${Math.floor(seconds / step[0])} ${step[1]}`;
  const next = STEPS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % step[0]) / next[0]);
  return rest === 0 ? whole : `${whole} ${rest} ${next![1]}`;
}

/** A duration as one says it in a heading: `about 12 hours`. */
export function aboutText(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 48) return `about ${Math.round(hours / 24)} days`;
  if (hours >= 1.5) return `about ${Math.round(hours)} hours`;
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes === 1 ? "about a minute" : `about ${minutes} minutes`;
}

export function numberText(value: number): string {
  return value.toLocaleString("en");
}
