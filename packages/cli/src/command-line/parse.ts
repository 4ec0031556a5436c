import { UsageError } from "./exit.ts";
import { type AnyFlag, type Flag, FlagValues } from "./flag.ts";

export interface Parsed {
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly help: boolean;
}

/**
 * Reads words as pflag does: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, switches joined as `-ab`, flags and arguments
 * in any order, and after `--` arguments only. Raises `UsageError`.
 */
export function parseFlags(known: readonly AnyFlag[], words: readonly string[]): Parsed {
  const args: string[] = [];
  const flags = new FlagValues();
  let help = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") {
      args.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
    } else if (word.startsWith("--")) {
      if (word === "--help") help = true;
      else if (setLong(known, flags, word, words[i + 1])) i++;
    } else {
      const end = setShort(known, flags, word, words[i + 1]);
      if (end === "help") help = true;
      if (end === "took next") i++;
    }
  }
  return { args, flags, help };
}

/** @returns true when `next` was its value */
function setLong(
  known: readonly AnyFlag[],
  flags: FlagValues,
  word: string,
  next: string | undefined,
): boolean {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  if (name === "" || name.startsWith("-")) throw new UsageError(`bad flag syntax: ${word}`);
  const flag = known.find((one) => one.name === name);
  if (flag === undefined) throw new UsageError(`unknown flag: --${name}`);
  if (equals >= 0) set(flags, flag, word.slice(equals + 1));
  else if (flag.type === "") set(flags, flag, "true");
  else if (next === undefined) throw new UsageError(`flag needs an argument: --${name}`);
  else {
    set(flags, flag, next);
    return true;
  }
  return false;
}

function setShort(
  known: readonly AnyFlag[],
  flags: FlagValues,
  word: string,
  next: string | undefined,
): "help" | "took next" | undefined {
  for (let letters = word.slice(1); letters !== ""; letters = letters.slice(1)) {
    const letter = letters[0]!;
    const flag = known.find((one) => one.shorthand === letter);
    if (flag === undefined && letter === "h") return "help";
    if (flag === undefined) {
      throw new UsageError(`unknown shorthand flag: '${letter}' in -${letters}`);
    }
    const rest = letters.slice(1);
    if (rest.startsWith("=") && letters.length > 2) {
      set(flags, flag, rest.slice(1));
      return undefined;
    }
    if (flag.type === "") {
      set(flags, flag, "true");
      continue;
    }
    if (rest !== "") {
      set(flags, flag, rest);
      return undefined;
    }
    if (next === undefined) {
      throw new UsageError(`flag needs an argument: '${letter}' in -${letters}`);
    }
    set(flags, flag, next);
    return "took next";
  }
  return undefined;
}

function set(flags: FlagValues, flag: AnyFlag, text: string): void {
  try {
    flags.set<unknown>(flag as Flag<unknown>, text);
  } catch (error) {
    const shown = flag.shorthand === undefined ? "" : `-${flag.shorthand}, `;
    throw new UsageError(
      `invalid argument ${JSON.stringify(text)} for "${shown}--${flag.name}" flag: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
