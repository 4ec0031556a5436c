import { INT64, parseBoolean, parseWholeNumber, UINT32, UINT64 } from "../flags/go-values.ts";
import { FlagValueError } from "../flags/value-error.ts";

/** A flag of one subcommand, as pflag (bbolt's flag library) knows it. */
export interface Flag<T> {
  readonly name: string;
  readonly shorthand?: string;
  /** pflag's word for the kind of value in help texts; "" for a switch. */
  readonly type: string;
  readonly help: string;
  readonly required: boolean;
  readonly initial: T;
  /** Value of a later occurrence, given that of those before it. Raises `FlagValueError`. */
  readonly parse: (text: string, before: T) => T;
}

interface Details {
  readonly shorthand?: string;
  readonly required?: boolean;
}

function flag<T>(
  type: string,
  name: string,
  help: string,
  initial: T,
  parse: (text: string, before: T) => T,
  { shorthand, required = false }: Details = {},
): Flag<T> {
  const known = { name, type, help, required, initial, parse };
  return shorthand === undefined ? known : { ...known, shorthand };
}

/** 0 to 2^53 - 1; more counts as that. */
export function uintFlag(name: string, help: string, details?: Details): Flag<number> {
  return flag("uint", name, help, 0, (text) => parseWholeNumber(text, UINT64), details);
}

export function uint32Flag(name: string, help: string, details?: Details): Flag<number> {
  return flag("uint32", name, help, 0, (text) => parseWholeNumber(text, UINT32), details);
}

export function intFlag(
  name: string,
  help: string,
  initial: number,
  details?: Details,
): Flag<number> {
  return flag("int", name, help, initial, (text) => parseWholeNumber(text, INT64), details);
}

export function floatFlag(name: string, help: string, initial: number): Flag<number> {
  return flag("float", name, help, initial, (text) => {
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value)) throw new FlagValueError("expected a number");
    return value;
  });
}

export function stringFlag(
  name: string,
  help: string,
  initial: string,
  details?: Details,
): Flag<string> {
  return flag("string", name, help, initial, (text) => text, details);
}

/** Comma-separated, and may be given several times. */
export function stringsFlag(name: string, help: string): Flag<readonly string[]> {
  return flag<readonly string[]>("strings", name, help, [], (text, before) => [
    ...before,
    ...(text === "" ? [] : text.split(",")),
  ]);
}

export function switchFlag(name: string, help: string): Flag<boolean> {
  return flag<boolean>("", name, help, false, (text) => parseBoolean(text));
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
    this.#values.set(flag.name, flag.parse(text, this.get(flag)));
  }
}
