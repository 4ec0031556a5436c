import { dayMatches } from "./match-day.ts";
import type { FieldSchedule } from "./schedule.ts";
import type { Zone, ZoneSpan } from "./zone.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The first slot at or after `from`, with one slot for each wall time: one that the clock skips is at the
 * end of the gap, one that it shows twice is the first of the two.
 */
export function nextSlotOnce(
  schedule: FieldSchedule,
  zone: Zone,
  from: number,
  lastYear: number,
): number | undefined {
  let before = zone.spanAt(zone.spanAt(from).from - 1_000);
  for (let at = from; ;) {
    const span = zone.spanAt(at);
    if (at <= span.from && skipsSlot(schedule, before, span)) return span.from;
    const shown = before.until + before.offset;
    const found = firstMatch(schedule, Math.max(at + span.offset, shown), span.until + span.offset);
    const year = new Date(found ?? span.until + span.offset).getUTCFullYear();
    if (year > lastYear) return undefined;
    if (found !== undefined) return found - span.offset;
    at = span.until;
    before = span;
  }
}

/** Whether a slot fell into the gap between two spans. */
function skipsSlot(schedule: FieldSchedule, before: ZoneSpan, span: ZoneSpan): boolean {
  const [gapFrom, gapUntil] = [before.until + before.offset, span.from + span.offset];
  return gapUntil > gapFrom && firstMatch(schedule, gapFrom, gapUntil) !== undefined;
}

/**
 * The first matching wall time in [from, until), both in milliseconds as if they were UTC: inside one span
 * the clock only moves on, so this is plain arithmetic of the calendar.
 */
function firstMatch(schedule: FieldSchedule, from: number, until: number): number | undefined {
  let wall = Math.ceil(from / MINUTE_MS) * MINUTE_MS;
  while (wall < until) {
    const day = Math.floor(wall / DAY_MS) * DAY_MS;
    const date = new Date(day);
    if (!(schedule.months & (1 << (date.getUTCMonth() + 1)))) {
      wall = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      continue;
    }
    const found = dayMatches(schedule, date) ? timeOfDay(schedule, (wall - day) / MINUTE_MS) : -1;
    if (found >= 0) {
      const match = day + found * MINUTE_MS;
      return match < until ? match : undefined;
    }
    wall = day + DAY_MS;
  }
  return undefined;
}

/** The first matching minute of the day that is not before `from`, or -1. */
function timeOfDay(schedule: FieldSchedule, from: number): number {
  let minute = from % 60;
  for (let hour = Math.floor(from / 60); hour < 24; hour++, minute = 0) {
    if (!(schedule.hours & (1 << hour))) continue;
    const found = schedule.minutes.indexOf(true, minute);
    if (found >= 0) return hour * 60 + found;
  }
  return -1;
}
