import type { CallerFault, RaftLibrary } from "./options.ts";
import { Schedule } from "./schedule.ts";

/** Actions in one schedule: enough for several elections, changes and crashes. */
export const SCHEDULE_LENGTH = 150;

export interface Finding {
  readonly seed: number;
  /** Schedules run until it was found, this one included. */
  readonly schedules: number;
  readonly error: Error;
}

/** Runs the schedules of seeds `first` to `first + count - 1`; stops at the first that fails. */
export function explore(
  library: RaftLibrary,
  first: number,
  count: number,
  fault?: CallerFault,
): Finding | undefined {
  for (let i = 0; i < count; i++) {
    const seed = first + i;
    try {
      new Schedule({ library, seed, length: SCHEDULE_LENGTH, fault }).run();
    } catch (error) {
      return { seed, schedules: i + 1, error: error as Error };
    }
  }
  return undefined;
}
