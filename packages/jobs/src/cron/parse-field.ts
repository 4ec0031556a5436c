/** A problem with a schedule, with the text that Kubernetes shows for it. Never leaves this folder. */
export class ScheduleProblem extends Error {
  override readonly name = "ScheduleProblem";
}

export interface FieldBounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

type FieldName = "minutes" | "hours" | "daysOfMonth" | "months" | "daysOfWeek";

const MONTHS = ["", ..."jan feb mar apr may jun jul aug sep oct nov dec".split(" ")];

export const FIELDS: Readonly<Record<FieldName, FieldBounds>> = {
  minutes: { min: 0, max: 59 },
  hours: { min: 0, max: 23 },
  daysOfMonth: { min: 1, max: 31 },
  months: { min: 1, max: 12, names: MONTHS },
  daysOfWeek: { min: 0, max: 6, names: "sun mon tue wed thu fri sat".split(" ") },
};

export interface Field {
  /** Index `n` says whether the value `n` is in the set. */
  readonly has: readonly boolean[];
  /** Some part was `*` or `?`, without a step above 1: the field asks for nothing. */
  readonly star: boolean;
}

/** One field: `*`, `?`, `5`, `1-5`, `2-30/7`, `5/15` (from 5 to the end), names, several of them with commas. */
export function parseField(text: string, bounds: FieldBounds): Field {
  const has = Array.from({ length: bounds.max + 1 }, () => false);
  let star = false;
  for (const part of text.split(",").filter((part) => part !== "")) {
    const range = parseRange(part, bounds);
    for (let value = range.first; value <= range.last; value += range.step) has[value] = true;
    star ||= range.star;
  }
  return { has, star };
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly star: boolean;
}

function parseRange(part: string, bounds: FieldBounds): Range {
  const [values, stepText, ...slashes] = part.split("/") as [string, ...string[]];
  const { first, last, star } = parseEnds(values, part, bounds);
  if (slashes.length > 0) throw new ScheduleProblem(`too many slashes: ${part}`);
  const step = stepText === undefined ? 1 : parseWhole(stepText);
  const range = {
    first,
    // A start with a step runs to the end: `5/15` is `5-59/15`.
    last: stepText !== undefined && !values.includes("-") ? bounds.max : last,
    step,
    star: star && step <= 1,
  };
  check(range, bounds, part);
  return range;
}

function parseEnds(
  values: string,
  part: string,
  bounds: FieldBounds,
): { first: number; last: number; star: boolean } {
  const [from, to, ...hyphens] = values.split("-") as [string, ...string[]];
  // What follows a star is not looked at: `*-5` is `*`.
  if (from === "*" || from === "?") return { first: bounds.min, last: bounds.max, star: true };
  const first = parseValue(from, bounds);
  if (hyphens.length > 0) throw new ScheduleProblem(`too many hyphens: ${part}`);
  return { first, last: to === undefined ? first : parseValue(to, bounds), star: false };
}

function check({ first, last, step }: Range, { min, max }: FieldBounds, part: string): void {
  if (first < min) {
    throw new ScheduleProblem(`beginning of range (${first}) below minimum (${min}): ${part}`);
  }
  if (last > max) {
    throw new ScheduleProblem(`end of range (${last}) above maximum (${max}): ${part}`);
  }
  if (first > last) {
    throw new ScheduleProblem(
      `beginning of range (${first}) beyond end of range (${last}): ${part}`,
    );
  }
  if (step === 0) throw new ScheduleProblem(`step of range should be a positive number: ${part}`);
}

function parseValue(text: string, { names }: FieldBounds): number {
  const named = text === "" ? -1 : (names?.indexOf(text.toLowerCase()) ?? -1);
  return named >= 0 ? named : parseWhole(text);
}

/** A whole number as Go's Atoi reads it, with its complaints. */
function parseWhole(text: string): number {
  const fail = (why: string): never => {
    const quoted = JSON.stringify(text);
    throw new ScheduleProblem(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${quoted}: ${why}`,
    );
  };
  if (!/^[+-]?\d+$/.test(text)) fail("invalid syntax");
  const value = BigInt(text.replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) fail("value out of range");
  if (value < 0n) throw new ScheduleProblem(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}
