import type { Clock, Disk, Random } from "@nodetcd/runtime";
import type { Flag, FlagValues } from "./flag.ts";
import type { Output } from "../output.ts";

/** What commands see of the world. */
export interface World {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly out: Output;
  readonly err: Output;
}

export type AnyFlag = Flag<number> | Flag<string> | Flag<boolean> | Flag<readonly string[]>;

/** One call of a command. */
export interface Call extends World {
  /** Arguments that are no flags. */
  readonly args: readonly string[];
  readonly flags: FlagValues;
}

/** A subcommand, or a group of them. Texts are those of bbolt 1.5. */
export interface BoltCommand {
  /** Name and arguments as in the usage: "check <bbolt-file>". */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  readonly flags?: readonly AnyFlag[];
  /** How many arguments it takes, at least and at most. */
  readonly args?: readonly [number, number];
  readonly subcommands?: readonly BoltCommand[];
  /** Raises `BoltCommandError`, `BoltError` or `DiskError`: exit code 1. */
  readonly run?: (call: Call) => void;
}

export function nameOf(command: BoltCommand): string {
  return command.use.split(" ")[0]!;
}
