import {
  type Bounds,
  INT64,
  parseBoolean,
  parseDuration,
  parseWholeNumber,
  UINT32,
  UINT64,
} from "./go-values.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./draft.ts";
import { parseListenUrls, parseUrls } from "./urls.ts";
import { FlagValueError } from "./value-error.ts";

/** How the values of a flag are read. Both readers raise `FlagValueError`. */
export interface Kind<T> {
  /** `--flag` alone means `--flag=true`, and the next argument is not its value. */
  readonly isBoolean: boolean;
  /** From a command line or the environment, as Go's flag package reads it. */
  fromText(text: string): T;
  /** From a configuration file: a value of JSON or YAML, as etcd reads it. */
  fromFile(value: unknown): T;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return isNumber(value) ? "number" : typeof value;
}

/** Numbers are no text, as in etcd: YAML has read `010` as 8 by now. */
function onlyText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new FlagValueError(`expected text, found ${typeName(value)}; put it into quotes`);
}

/** Whole numbers of a file are bigints, so that none of them is rounded. */
function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** A kind whose file form is the same text. */
function textual<T>(fromText: (text: string) => T): Kind<T> {
  return { isBoolean: false, fromText, fromFile: (value) => fromText(onlyText(value)) };
}

function wholeNumber(bounds: Bounds): Kind<number> {
  return {
    isBoolean: false,
    fromText: (text) => parseWholeNumber(text, bounds),
    fromFile(value) {
      if (isNumber(value)) return parseWholeNumber(String(value), bounds);
      throw new FlagValueError(`expected a number, found ${typeName(value)}`);
    },
  };
}

function splitList(text: string): string[] {
  return [...new Set(text.split(","))].sort();
}

export const text: Kind<string> = textual((value) => value);
export const uint: Kind<number> = wholeNumber(UINT64);
export const uint32: Kind<number> = wholeNumber(UINT32);
export const int: Kind<number> = wholeNumber(INT64);
/** Comma-separated URLs as others reach them, sorted, each once. */
export const urls: Kind<string[]> = textual(parseUrls);
/** Comma-separated URLs, or `*`. */
export const origins: Kind<string[]> = textual((value) => {
  if (value === "*") return ["*"];
  const given = parseUrls(value);
  if (given.length === 0) throw new FlagValueError("expected * or URLs such as http://host:port");
  return given;
});
/** Comma-separated `http://host:port` or `unix://path`, sorted, each once. */
export const listenUrls: Kind<string[]> = textual(parseListenUrls);

export const bool: Kind<boolean> = {
  isBoolean: true,
  fromText: parseBoolean,
  fromFile(value) {
    if (typeof value === "boolean") return value;
    throw new FlagValueError(`expected true or false, found ${typeName(value)}`);
  },
};

/** A switch that may have a `host:port`: `--flag`, `--flag=host:port`; "" when it is off. */
export function switchedAddress(alone: string): Kind<string> {
  const fromText = (value: string): string => {
    if (/^(\[[0-9a-fA-F:]+\]|[^:/\s]*):\d{1,5}$/.test(value)) return value;
    if (value === "") return "";
    return parseBoolean(value) ? alone : "";
  };
  return {
    isBoolean: true,
    fromText,
    fromFile: (value) =>
      typeof value === "boolean" ? fromText(String(value)) : fromText(onlyText(value)),
  };
}

/** Milliseconds; Go's `1m30s` on a command line, whole nanoseconds in a file. */
export const duration: Kind<number> = {
  isBoolean: false,
  fromText: parseDuration,
  fromFile(value) {
    if (isNumber(value) && Number.isInteger(Number(value))) return Number(value) / 1e6;
    throw new FlagValueError(
      `expected a duration as a whole number of nanoseconds (10s is 10000000000), found ${
        typeof value === "string" ? JSON.stringify(value) : typeName(value)
      }`,
    );
  },
};

/** Comma-separated words; a list in a file. */
export const words: Kind<string[]> = {
  isBoolean: false,
  fromText: splitList,
  fromFile: (value) => (Array.isArray(value) ? value.map(onlyText) : splitList(onlyText(value))),
};

/** A level of zap, in whatever case; no text is `info`. Nothing here is logged at `dpanic`. */
export const logLevel: Kind<LogLevel> = textual((value) => {
  const word = value.toLowerCase();
  if (word === "") return "info";
  if (word === "warning") return "warn";
  const found = LOG_LEVELS.find((level) => level === word);
  if (found !== undefined) return found;
  throw new FlagValueError(`expected one of ${LOG_LEVELS.join(", ")}`);
});

/** No text is `json`, as in etcd. */
export const logFormat: Kind<LogFormat> = textual((value) =>
  value === "" ? "json" : choice(LOG_FORMATS).fromText(value),
);

/** One of these words. */
export function choice<const T extends string>(options: readonly T[]): Kind<T> {
  return textual((value) => {
    const found = options.find((option) => option === value);
    if (found !== undefined) return found;
    throw new FlagValueError(`expected one of ${options.join(", ")}`);
  });
}
