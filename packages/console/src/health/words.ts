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
