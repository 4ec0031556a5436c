import type { FieldSchedule } from "./schedule.ts";

/** Whether the day of `wall` is one of the schedule's; its month is not looked at. */
export function dayMatches(schedule: FieldSchedule, wall: Date): boolean {
  const ofMonth = (schedule.daysOfMonth & (1 << wall.getUTCDate())) !== 0;
  const ofWeek = (schedule.daysOfWeek & (1 << wall.getUTCDay())) !== 0;
  return schedule.bothDays ? ofMonth && ofWeek : ofMonth || ofWeek;
}
