import type { LogFields, LogValue } from "@nodetcd/runtime";

export type LineLevel = "debug" | "info" | "warn" | "error";

/** One log line without its end. */
export type LineFormat = (
  level: LineLevel,
  wallTimeMs: number,
  message: string,
  fields: LogFields,
) => string;

/** Where lines say they come from, in place of zap's file and line. */
const CALLER = "nodetcd/server";

function jsonValue(value: Exclude<LogValue, undefined>): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** `2006-01-02T15:04:05.999999Z`: the clock has milliseconds, readers expect microseconds. */
function timestamp(wallTimeMs: number): string {
  return new Date(wallTimeMs).toISOString().replace("Z", "000Z");
}

/** One JSON object a line, with the keys and their order of etcd's zap logger. */
export const jsonFormat: LineFormat = (level, wallTimeMs, message, fields) => {
  const line: Record<string, unknown> = {
    level,
    ts: timestamp(wallTimeMs),
    caller: CALLER,
    msg: message,
  };
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line[key in line ? `${key}_` : key] = jsonValue(value);
  }
  return JSON.stringify(line);
};

const COLOURS: Readonly<Record<LineLevel, string>> = {
  debug: "\u001b[90m",
  info: "\u001b[32m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
};
const RESET = "\u001b[0m";

function consoleValue(value: Exclude<LogValue, undefined>): string {
  if (Array.isArray(value)) return value.join(",");
  const text = String(value);
  return /[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : text;
}

/** A line for people: time, level, message, `key=value`. No control character comes from fields. */
export function consoleFormat(colour: boolean): LineFormat {
  return (level, wallTimeMs, message, fields) => {
    const time = new Date(wallTimeMs).toISOString().slice(11, 23);
    const word = level.toUpperCase().padEnd(5);
    const shown = colour ? `${COLOURS[level]}${word}${RESET}` : word;
    const pairs = Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${consoleValue(value)}`],
    );
    return [time, shown, message, ...pairs].join(" ");
  };
}
