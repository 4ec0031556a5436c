import type { Command } from "../../command-line/command.ts";
import { flagLines } from "../../command-line/help.ts";
import type { CtlCall } from "../call.ts";
import { GLOBAL_FLAGS } from "../globals.ts";

export const options: Command<CtlCall> = {
  use: "options",
  short: "Show the global command-line flags",
  run: ({ out }) => {
    out.write("The following options can be passed to any command:\n\n");
    out.write(flagLines(GLOBAL_FLAGS));
  },
};
