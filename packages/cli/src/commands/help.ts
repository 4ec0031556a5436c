import { COMMANDS } from "../commands.ts";
import { helpText } from "../flags/help.ts";

/** `nodetcd help`. */
export function help(): number {
  process.stdout.write(helpText(COMMANDS));
  return 0;
}
