import type { Clock, LogFields, Logger } from "@nodetcd/runtime";
import type { LogLevel } from "../flags/draft.ts";
import type { LineFormat, LineLevel } from "./format.ts";

const RANKS: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  dpanic: 4,
  panic: 5,
  fatal: 6,
};

export interface LineLoggerOptions {
  clock: Clock;
  level: LogLevel;
  format: LineFormat;
  /** Takes whole lines, with their end. */
  write: (lines: string) => void;
}

/** A logger that writes each line at once. */
export function lineLogger({ clock, level, format, write }: LineLoggerOptions): Logger {
  const lowest = RANKS[level];
  const at =
    (lineLevel: LineLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (RANKS[lineLevel] < lowest) return;
      write(`${format(lineLevel, clock.wallTime(), message, fields)}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
