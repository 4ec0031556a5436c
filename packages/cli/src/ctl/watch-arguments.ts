import { badArguments } from "../command-line/exit.ts";

/** What a watch command asks for: a key, maybe an end, and a program to run at each event. */
export interface WatchArguments {
  readonly operands: readonly string[];
  readonly program: readonly string[];
}

const NUMBER = "bad number of arguments";
const CONFLICT = "bad number of arguments (found conflicting environment key)";
const NO_COMMAND = "bad number of arguments (found separator --, but no commands)";

/**
 * Reads `watch KEY END -- PROGRAM`, with the key from the environment where it is given there.
 *
 * @param words all words behind `watch`, flags among them
 * @param operands those in front of and behind `--` that are no flags
 */
export function watchArguments(
  words: readonly string[],
  operands: readonly string[],
  environment: { readonly key: string; readonly rangeEnd: string },
): WatchArguments {
  const separator = words.indexOf("--");
  const program = separator < 0 ? [] : words.slice(separator + 1);
  if (separator >= 0 && program.length === 0) throw badArguments(NO_COMMAND);
  const { key, rangeEnd } = environment;
  const own = operands.slice(0, operands.length - program.length);
  if (key !== "") {
    if (own.length > 0) throw badArguments(CONFLICT);
    return { operands: rangeEnd === "" ? [key] : [key, rangeEnd], program };
  }
  if (separator < 0 && words.length === 0) throw badArguments(NUMBER);
  return { operands: own, program };
}
