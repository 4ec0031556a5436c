/** Figures and times for people. Figures group by comma; units are paler and stand apart. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function numberText(value: number): string {
  return value.toLocaleString("en");
}

/** Three digits of a size and its unit, 1,024 a step. */
export function sizeParts(bytes: number): readonly [string, string] {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return [value.toFixed(digits), UNITS[unit]!];
}

export function sizeText(bytes: number): string {
  return sizeParts(bytes).join(" ");
}

/** A figure with as many digits as mean something: 48, 4.8, 0.48. */
export function figureText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return numberText(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 1 : 2);
}

const STEPS: readonly (readonly [number, string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A duration in two units at most: `4 min 13 s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  const first = STEPS.findIndex(([size]) => seconds >= size);
  const step = STEPS[first];
  if (step === undefined) return "0 s";
  const whole = `${Math.floor(seconds / step[0])} ${step[1]}`;
  const next = STEPS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % step[0]) / next[0]);
  return rest === 0 ? whole : `${whole} ${rest} ${next![1]}`;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const minute = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `14:12:07` today, `Fri 21:04` within a week, `2026-03-02 08:14` else. */
export function timeText(at: number, now: number = Date.now()): string {
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return clock.format(date);
  if (Math.abs(now - at) < 6 * 86_400_000) return `${weekday.format(date)} ${minute.format(date)}`;
  return `${dateText(date)} ${minute.format(date)}`;
}

function dateText(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The offset of this browser's zone: `+01:00`. */
export function zoneText(at: number = Date.now()): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Everything about a moment, for what shows on hover: `2026-11-30 14:12:07 +01:00, 2 h ago`. */
export function fullTimeText(at: number, now: number = Date.now()): string {
  const away = `${durationText(now - at)} ${at > now ? "from now" : "ago"}`;
  return `${dateText(new Date(at))} ${clock.format(new Date(at))} ${zoneText(at)}, ${away}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}
