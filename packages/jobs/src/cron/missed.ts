import { type DstPolicy, nextSlot } from "./next.ts";
import type { Schedule } from "./schedule.ts";
import type { Zone } from "./zone.ts";

/** Slots are counted up to here; beyond it they are "many". */
export const MISSED_COUNTED_MAX = 100;

export interface MissedSlots {
  /** The only slot that may still run, in milliseconds. Undefined: none was missed. */
  readonly newest: number | undefined;
  readonly oldest: number | undefined;
  /** All of them, the oldest first, while there are at most `MISSED_COUNTED_MAX`; else the newest of them. */
  readonly slots: readonly number[];
  readonly many: boolean;
}

/** The slots after `earliest` and not after `now`. */
export function missedSlots(
  schedule: Schedule,
  zone: Zone,
  earliest: number,
  now: number,
  dst: DstPolicy = "kubernetes",
): MissedSlots {
  const slots: number[] = [];
  let at: number | undefined = earliest;
  while (slots.length <= MISSED_COUNTED_MAX) {
    at = nextSlot(schedule, zone, at, dst);
    if (at === undefined || at > now) {
      return { newest: slots.at(-1), oldest: slots[0], slots, many: false };
    }
    slots.push(at);
  }
  const newest = newestSlots(schedule, zone, earliest, now, dst);
  return {
    newest: newest.at(-1),
    oldest: slots[0],
    slots: newest.slice(-MISSED_COUNTED_MAX),
    many: true,
  };
}

/** The newest slots up to `now`, at least half of what is counted; called where there are more than that. */
function newestSlots(
  schedule: Schedule,
  zone: Zone,
  earliest: number,
  now: number,
  dst: DstPolicy,
): number[] {
  if (schedule.kind === "every") {
    const { delayMs } = schedule;
    const start = Math.floor(earliest / 1_000) * 1_000;
    const count = Math.floor((now - start) / delayMs);
    const first = Math.max(1, count - MISSED_COUNTED_MAX + 1);
    return Array.from({ length: count - first + 1 }, (_, i) => start + (first + i) * delayMs);
  }
  // Windows that end now, each four times as long: what is missed for years is not walked through.
  for (let windowMs = 3_600_000; ; windowMs *= 4) {
    const from = Math.max(earliest, now - windowMs);
    const slots: number[] = [];
    let at = nextSlot(schedule, zone, from, dst);
    for (; at !== undefined && at <= now; at = nextSlot(schedule, zone, at, dst)) slots.push(at);
    if (slots.length >= MISSED_COUNTED_MAX / 2 || from === earliest) return slots;
  }
}
