import type { Output } from "../output.ts";
import type { AnyFlag, FlagValues } from "./flag.ts";

/** One call of a command, as its command line said it. */
export interface Invocation {
  /** Arguments that are no flags. */
  readonly args: readonly string[];
  readonly flags: FlagValues;
  /** All words behind the program's name, as they came. */
  readonly words: readonly string[];
  readonly out: Output;
  readonly err: Output;
}

/** A command, or a group of them: a row of the table of a tool. */
export interface Command<Call> {
  /** Name and arguments, as the usage shows them: `get [options] <key> [range_end]`. */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  /** Shown under `Examples:`. */
  readonly example?: string;
  /** Shown by `--help` on a terminal only: one line each. */
  readonly examples?: readonly string[];
  /** Title of the group that the root lists it in. */
  readonly group?: string;
  readonly flags?: readonly AnyFlag[];
  /** Those of `flags` that must be given. */
  readonly requiredFlags?: readonly AnyFlag[];
  /** For it and all below it. */
  readonly persistentFlags?: readonly AnyFlag[];
  /** The persistent flags of a root are left out of usages: another command lists them. */
  readonly hidesFlags?: boolean;
  readonly subcommands?: readonly Command<Call>[];
  /** The usage does not end in `[flags]`. */
  readonly usageWithoutFlags?: boolean;
  /** Raises `UsageError` for arguments that it does not take. Default: takes any. */
  readonly checkArguments?: (args: readonly string[], path: string) => void;
  /** Raises `ExitError`. */
  readonly run?: (call: Call) => Promise<void> | void;
}

export function nameOf(command: { readonly use: string }): string {
  return command.use.split(" ")[0]!;
}
