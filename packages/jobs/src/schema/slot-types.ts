/** The ledger of CronJobs' slots, which is this program's own. See `notation.ts` for how to read it. */
export const SLOT_TYPES = `
package io.nodetcd.v1
Slot: What became of one moment of a CronJob's schedule.
  1 metadata ObjectMeta; 2 spec SlotSpec!; 3 status SlotStatus!
SlotSpec
  1 cronJobName string! | Whose slot it is.
  2 cronJobUid string! | Which CronJob of that name.
  3 scheduledTime Time! | The moment of the schedule.
  4 untilTime *Time | The line stands for all moments from scheduledTime to this one, which were missed.
SlotStatus
  1 decision string! | Ran, CaughtUp, Forbidden, TooLate, Superseded, Suspended, LostRace or Failed.
  2 message string | Why, in a sentence.
  3 decidedTime Time! | When that was decided.
  4 decidedBy string | By which controller.
  5 jobName string | The Job that was started.
  6 jobUid string | Which Job of that name.
`;
