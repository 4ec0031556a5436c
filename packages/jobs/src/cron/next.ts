import { nextSlotOnce } from "./next-once.ts";
import { dayMatches } from "./match-day.ts";
import type { FieldSchedule, Schedule } from "./schedule.ts";
import { type Zone, zoneNamed } from "./zone.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How far ahead a slot is looked for: `0 0 31 2 *` never comes. */
const HORIZON_YEARS = 5;

/**
 * What a change of the clock does to a schedule that names hours. `kubernetes`: a wall time that is skipped
 * has no slot that day, one that comes twice has two. `once`: exactly one each, the skipped one at the end
 * of the gap.
 */
export type DstPolicy = "kubernetes" | "once";

/**
 * The first slot after `after`, as an instant in milliseconds, or undefined when there is none within five
 * years. For `@every`, slots are `after` plus whole delays, cut to the second.
 */
export function nextSlot(
  schedule: Schedule,
  zone: Zone,
  after: number,
  dst: DstPolicy = "kubernetes",
): number | undefined {
  const second = Math.floor(after / SECOND_MS) * SECOND_MS;
  if (schedule.kind === "every") return second + schedule.delayMs;
  const own = schedule.zone === undefined ? zone : (zoneNamed(schedule.zone) ?? zone);
  const from = Math.ceil((second + SECOND_MS) / MINUTE_MS) * MINUTE_MS;
  const years = new Date(after + own.offsetAt(after)).getUTCFullYear() + HORIZON_YEARS;
  if (isEmpty(schedule)) return undefined;
  if (dst === "once" && !schedule.everyHour) return nextSlotOnce(schedule, own, from, years);
  return walk(schedule, new Cursor(own, from), years);
}

/** A field of commas alone has no values: such a schedule never runs. */
function isEmpty({
  minutes,
  hours,
  daysOfMonth,
  months,
  daysOfWeek,
  bothDays,
}: FieldSchedule): boolean {
  const noDay = bothDays ? daysOfMonth === 0 || daysOfWeek === 0 : (daysOfMonth | daysOfWeek) === 0;
  return hours === 0 || months === 0 || noDay || !minutes.includes(true);
}

/** An instant that is moved in steps of the calendar, by the clock of a zone. */
class Cursor {
  instant: number;
  readonly #zone: Zone;

  constructor(zone: Zone, instant: number) {
    this.#zone = zone;
    this.instant = instant;
  }

  /** What the clock shows, to be read with the `getUTC...` methods. */
  get wall(): Date {
    return new Date(this.instant + this.#zone.offsetAt(this.instant));
  }

  /** Moves to this wall time; parts beyond their range carry over. */
  set(year: number, month: number, day: number, restMs: number): void {
    this.instant = this.#zone.instantOf(Date.UTC(year, month, day) + restMs);
  }
}

/**
 * A unit of the calendar, from the largest to the smallest: where it does not match, the cursor goes to its
 * next value. `isFirst`: it began anew, so larger units are looked at again.
 */
interface Unit {
  matches(schedule: FieldSchedule, wall: Date): boolean;
  /** To the beginning of the unit; done once, before the first step of any unit. */
  trim(cursor: Cursor, wall: Date): void;
  step(cursor: Cursor, wall: Date): void;
  isFirst(wall: Date): boolean;
}

const restOfDay = (wall: Date): number => wall.getTime() % (24 * HOUR_MS);

const month: Unit = {
  matches: ({ months }, wall) => (months & (1 << (wall.getUTCMonth() + 1))) !== 0,
  trim: (cursor, wall) => cursor.set(wall.getUTCFullYear(), wall.getUTCMonth(), 1, 0),
  step: (cursor, wall) =>
    cursor.set(wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate(), restOfDay(wall)),
  isFirst: (wall) => wall.getUTCMonth() === 0,
};

const day: Unit = {
  matches: dayMatches,
  trim: (cursor, wall) =>
    cursor.set(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), 0),
  step: (cursor, wall) => {
    cursor.set(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate() + 1, restOfDay(wall));
    // Midnight is missing where the clock jumps over it: back to it from 1:00, on to it from 23:00.
    const hour = cursor.wall.getUTCHours();
    if (hour > 12) cursor.instant += (24 - hour) * HOUR_MS;
    else cursor.instant -= hour * HOUR_MS;
  },
  isFirst: (wall) => wall.getUTCDate() === 1,
};

const hour: Unit = {
  matches: ({ hours }, wall) => (hours & (1 << wall.getUTCHours())) !== 0,
  trim: (cursor, wall) =>
    cursor.set(
      wall.getUTCFullYear(),
      wall.getUTCMonth(),
      wall.getUTCDate(),
      wall.getUTCHours() * HOUR_MS,
    ),
  step: (cursor) => {
    cursor.instant += HOUR_MS;
  },
  isFirst: (wall) => wall.getUTCHours() === 0,
};

const minute: Unit = {
  matches: ({ minutes }, wall) => minutes[wall.getUTCMinutes()] === true,
  trim: () => undefined,
  step: (cursor) => {
    cursor.instant += MINUTE_MS;
  },
  isFirst: (wall) => wall.getUTCMinutes() === 0,
};

const UNITS: readonly Unit[] = [month, day, hour, minute];

/**
 * Looks for the slot as Kubernetes does, so that on days when the clock changes the slots are the same too:
 * where midnight is skipped, the day after it may be lost, or take the slots of the day before.
 */
function walk(schedule: FieldSchedule, cursor: Cursor, lastYear: number): number | undefined {
  let trimmed = false;
  const settle = (unit: Unit): boolean => {
    for (let wall = cursor.wall; !unit.matches(schedule, wall); wall = cursor.wall) {
      if (!trimmed) unit.trim(cursor, wall);
      trimmed = true;
      unit.step(cursor, cursor.wall);
      if (unit.isFirst(cursor.wall)) return false;
    }
    return true;
  };
  while (cursor.wall.getUTCFullYear() <= lastYear) {
    if (UNITS.every(settle)) return cursor.instant;
  }
  return undefined;
}
