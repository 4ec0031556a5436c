import { helpText, type NamedCommand } from "../flags/help.ts";

/** `nodetcd help`. */
export function help(commands: readonly NamedCommand[]): number {
  process.stdout.write(helpText(commands));
  return 0;
}
