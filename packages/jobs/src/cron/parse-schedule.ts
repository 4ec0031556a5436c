import { parseGoDuration } from "@nodetcd/runtime";
import { type Field, FIELDS, parseField, ScheduleProblem } from "./parse-field.ts";
import type { Schedule } from "./schedule.ts";
import { isZone } from "./zone.ts";

export type ParsedSchedule =
  | { readonly ok: true; readonly schedule: Schedule }
  /** `error` is the text that Kubernetes shows, word for word. */
  | { readonly ok: false; readonly error: string };

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const EVERY = "@every ";

/**
 * Reads a schedule as Kubernetes does: exactly five fields, a descriptor such as `@daily`, or
 * `@every 1h30m`; a zone before it (`TZ=Europe/Berlin 0 2 * * *`) is understood. Week days are 0 to 6
 * (7 is refused), `?` is the same as `*`, names are of any case, and there is no `L`, `W`, `#` or `H`.
 */
export function parseSchedule(text: string): ParsedSchedule {
  try {
    return { ok: true, schedule: parse(text) };
  } catch (error) {
    if (error instanceof ScheduleProblem) return { ok: false, error: error.message };
    throw error;
  }
}

function parse(text: string): Schedule {
  if (text === "") throw new ScheduleProblem("empty spec string");
  const { zone, rest } = splitZone(text);
  if (rest.startsWith(EVERY)) return { kind: "every", delayMs: parseEvery(rest), zone };
  if (!rest.startsWith("@")) return parseFields(rest, zone);
  const fields = Object.hasOwn(DESCRIPTORS, rest) ? DESCRIPTORS[rest] : undefined;
  if (fields === undefined) throw new ScheduleProblem(`unrecognized descriptor: ${rest}`);
  return parseFields(fields, zone);
}

function splitZone(text: string): { zone: string | undefined; rest: string } {
  const prefix = /^(?:CRON_)?TZ=/.exec(text)?.[0];
  if (prefix === undefined) return { zone: undefined, rest: text };
  const end = text.indexOf(" ");
  if (end < 0) throw new ScheduleProblem(`no schedule after the time zone: ${text}`);
  const zone = text.slice(prefix.length, end);
  if (!isZone(zone)) {
    throw new ScheduleProblem(`provided bad location ${zone}: unknown time zone ${zone}`);
  }
  return { zone: zone === "" ? "UTC" : zone, rest: text.slice(end).trim() };
}

function parseFields(text: string, zone: string | undefined): Schedule {
  const parts = text.split(/\s+/).filter((part) => part !== "");
  const [minutes, hours, daysOfMonth, months, daysOfWeek, ...more] = parts;
  if (daysOfWeek === undefined || more.length > 0) {
    throw new ScheduleProblem(
      `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`,
    );
  }
  const minuteField = parseField(minutes!, FIELDS.minutes);
  const hourField = parseField(hours!, FIELDS.hours);
  const dayField = parseField(daysOfMonth!, FIELDS.daysOfMonth);
  const monthField = parseField(months!, FIELDS.months);
  const weekField = parseField(daysOfWeek, FIELDS.daysOfWeek);
  return {
    kind: "fields",
    minutes: minuteField.has,
    hours: bits(hourField),
    daysOfMonth: bits(dayField),
    months: bits(monthField),
    daysOfWeek: bits(weekField),
    bothDays: dayField.star || weekField.star,
    everyHour: hourField.has.every(Boolean),
    zone,
  };
}

function bits({ has }: Field): number {
  return has.reduce((sum, present, value) => (present ? sum | (1 << value) : sum), 0);
}

/** Milliseconds; what is below a second counts as one. */
function parseEvery(text: string): number {
  const duration = text.slice(EVERY.length);
  const milliseconds = parseGoDuration(duration);
  if (milliseconds === undefined) {
    throw new ScheduleProblem(`failed to parse duration ${text}: time: ${whyNoDuration(duration)}`);
  }
  return Math.max(1, Math.floor(milliseconds / 1_000)) * 1_000;
}

const UNITS = new Set(["ns", "us", "\u00b5s", "\u03bcs", "ms", "s", "m", "h"]);

/** What Go says about a duration that it cannot read. */
function whyNoDuration(duration: string): string {
  const quoted = JSON.stringify(duration);
  for (const part of duration.replace(/^[+-]/, "").matchAll(/([\d.]*)([^\d.]*)/g)) {
    const [whole, digits, unit] = part as unknown as [string, string, string];
    if (whole === "") break;
    if (!/\d/.test(digits)) return `invalid duration ${quoted}`;
    if (unit === "") return `missing unit in duration ${quoted}`;
    if (!UNITS.has(unit)) return `unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
  }
  return `invalid duration ${quoted}`;
}
