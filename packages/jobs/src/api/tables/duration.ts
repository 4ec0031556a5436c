const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

function two(seconds: number, large: number, small: number, letters: string): string {
  const rest = Math.floor((seconds % large) / small);
  const whole = `${Math.floor(seconds / large)}${letters[0]}`;
  return rest === 0 ? whole : `${whole}${rest}${letters[1]}`;
}

/** A duration as kubectl prints it: two units where it is short, one where it is long: `90s`, `5m10s`, `3h`, `2y`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1_000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  if (seconds < 10 * MINUTE) return two(seconds, MINUTE, 1, "ms");
  if (seconds < 3 * HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 8 * HOUR) return two(seconds, HOUR, MINUTE, "hm");
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 8 * DAY) return two(seconds, DAY, HOUR, "dh");
  if (seconds < 2 * YEAR) return `${Math.floor(seconds / DAY)}d`;
  if (seconds < 8 * YEAR) return two(seconds, YEAR, DAY, "yd");
  return `${Math.floor(seconds / YEAR)}y`;
}

/** How long ago that was. */
export function age(time: string | null | undefined, wallTimeMs: number): string {
  if (time === undefined || time === null || time === "") return "<unknown>";
  return humanDuration(wallTimeMs - Date.parse(time));
}
