/**
 * When something runs. `fields` is the five fields of a crontab line; each set is a bit mask, bit `n` for
 * the value `n`. `every` counts from a start that the caller gives.
 */
export type Schedule =
  | {
      readonly kind: "fields";
      /** 60 values: too many for the 32 bits of a number's bit operations. */
      readonly minutes: readonly boolean[];
      readonly hours: number;
      readonly daysOfMonth: number;
      readonly months: number;
      /** Sunday is 0. */
      readonly daysOfWeek: number;
      /**
       * Day of month and day of week must both match when one of them is a star, else one is enough:
       * `0 0 1 * *` is the first of the month, `0 0 1 * MON` the first and every Monday.
       */
      readonly bothDays: boolean;
      /** Every hour of the day: clock changes have no say in it then. */
      readonly everyHour: boolean;
      /** From a `TZ=` before the fields; undefined: the caller's zone. */
      readonly zone: string | undefined;
    }
  | {
      readonly kind: "every";
      /** Whole seconds, at least one, in milliseconds. */
      readonly delayMs: number;
      readonly zone: string | undefined;
    };

export type FieldSchedule = Extract<Schedule, { kind: "fields" }>;
