import { parseGoDuration } from "@nodetcd/runtime";
import { parseGoInteger } from "./go-integer.ts";

/** A flag as pflag, the flag library of etcd's tools, knows it. */
export interface Flag<T> {
  readonly name: string;
  readonly shorthand?: string;
  /** pflag's word for the kind of value in help texts; "" for a switch. */
  readonly type: string;
  readonly help: string;
  readonly initial: T;
  /** Words that shells offer as its value. */
  readonly choices?: readonly string[];
  /**
   * The value of an occurrence, given that of those before it on the same command line. Raises an Error in Go's words.
   */
  readonly parse: (text: string, before: T | undefined) => T;
}

export type AnyFlag =
  Flag<bigint> | Flag<number> | Flag<string> | Flag<boolean> | Flag<readonly string[]>;

interface Details {
  readonly shorthand?: string;
  readonly choices?: readonly string[];
}

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

export function switchFlag(
  name: string,
  help: string,
  initial = false,
  details: Details = {},
): Flag<boolean> {
  const parse = (text: string): boolean => {
    if (TRUE.includes(text)) return true;
    if (FALSE.includes(text)) return false;
    throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  };
  return { name, type: "", help, initial, parse, ...details };
}

export function stringFlag(
  name: string,
  help: string,
  initial = "",
  details: Details = {},
): Flag<string> {
  return { name, type: "string", help, initial, parse: (text) => text, ...details };
}

/** 64 bits, signed. */
export function intFlag(
  name: string,
  help: string,
  initial = 0n,
  details: Details = {},
): Flag<bigint> {
  const parse = (text: string): bigint => parseGoInteger(text, 0);
  return { name, type: "int", help, initial, parse, ...details };
}

/** 64 bits, unsigned. */
export function uintFlag(name: string, help: string, initial = 0n): Flag<bigint> {
  const parse = (text: string): bigint => parseGoInteger(text, 0, "unsigned");
  return { name, type: "uint", help, initial, parse };
}

/** In milliseconds. */
export function durationFlag(name: string, help: string, initial: number): Flag<number> {
  const parse = (text: string): number => {
    const milliseconds = parseGoDuration(text);
    if (milliseconds !== undefined) return milliseconds;
    const what = /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text) ? "missing unit in" : "invalid";
    throw new Error(`time: ${what} duration ${JSON.stringify(text)}`);
  };
  return { name, type: "duration", help, initial, parse };
}

/** Comma-separated, and may be given several times. */
export function stringsFlag(
  name: string,
  help: string,
  initial: readonly string[] = [],
): Flag<readonly string[]> {
  const parse = (text: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    ...(text === "" ? [] : text.split(",")),
  ];
  return { name, type: "strings", help, initial, parse };
}

/** What the command line said, by flag. */
export class FlagValues {
  readonly #values = new Map<string, unknown>();

  has(flag: { readonly name: string }): boolean {
    return this.#values.has(flag.name);
  }

  get<T>(flag: Flag<T>): T {
    // Only `set` writes here, with the type of the same flag.
    return this.#values.has(flag.name) ? (this.#values.get(flag.name) as T) : flag.initial;
  }

  set<T>(flag: Flag<T>, text: string): void {
    const before = this.has(flag) ? this.get(flag) : undefined;
    this.#values.set(flag.name, flag.parse(text, before));
  }
}
