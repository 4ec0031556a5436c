import { FlagValueError } from "../flags/value-error.ts";
import { usageError } from "./command-error.ts";
import type { AnyFlag, BoltCommand } from "./command.ts";
import { type Flag, FlagValues } from "./flag.ts";

export interface Parsed {
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly help: boolean;
}

/**
 * Reads arguments as pflag does: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, flags and
 * arguments in any order, and after `--` arguments only. Raises a usage error.
 */
export function parseCommandLine(command: BoltCommand, words: readonly string[]): Parsed {
  const known = command.flags ?? [];
  const args: string[] = [];
  const flags = new FlagValues();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") {
      args.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      continue;
    }
    if (word === "--help" || word === "-h") return { args, flags, help: true };
    const { flag, value } = word.startsWith("--") ? longFlag(known, word) : shortFlag(known, word);
    const text = value ?? (flag.type === "" ? "true" : words[++i]);
    if (text === undefined) throw usageError(`flag needs an argument: ${word}`);
    set(flags, flag, text);
  }
  requireArguments(command, args.length);
  requireFlags(known, flags);
  return { args, flags, help: false };
}

interface Found {
  readonly flag: AnyFlag;
  readonly value: string | undefined;
}

function longFlag(known: readonly AnyFlag[], word: string): Found {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = known.find((one) => one.name === name);
  if (flag === undefined) throw usageError(`unknown flag: --${name}`);
  return { flag, value: equals < 0 ? undefined : word.slice(equals + 1) };
}

function shortFlag(known: readonly AnyFlag[], word: string): Found {
  const flag = known.find((one) => one.shorthand === word[1]);
  if (flag === undefined) throw usageError(`unknown shorthand flag: '${word[1]}' in ${word}`);
  const rest = word.slice(2);
  return { flag, value: rest === "" ? undefined : rest.replace(/^=/, "") };
}

function set(flags: FlagValues, flag: AnyFlag, text: string): void {
  try {
    flags.set<unknown>(flag as Flag<unknown>, text);
  } catch (error) {
    if (!(error instanceof FlagValueError)) throw error;
    throw usageError(`invalid argument "${text}" for "--${flag.name}" flag: ${error.message}`);
  }
}

function requireArguments(command: BoltCommand, count: number): void {
  const [min, max] = command.args ?? [0, Infinity];
  if (count >= min && count <= max) return;
  if (min === max) throw usageError(`accepts ${min} arg(s), received ${count}`);
  if (max === Infinity) {
    throw usageError(`requires at least ${min} arg(s), only received ${count}`);
  }
  throw usageError(`accepts between ${min} and ${max} arg(s), received ${count}`);
}

function requireFlags(known: readonly AnyFlag[], flags: FlagValues): void {
  const missing = known.filter((flag) => flag.required && !flags.has(flag));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => `"${name}"`).toSorted();
  throw usageError(`required flag(s) ${names.join(", ")} not set`);
}
