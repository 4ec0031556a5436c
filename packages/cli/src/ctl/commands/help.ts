import type { Command } from "../../command-line/command.ts";
import { findCommand } from "../../command-line/find.ts";
import { helpText, usageText } from "../../command-line/help.ts";
import { UsageError } from "../../command-line/exit.ts";
import { quote } from "../../quote.ts";
import type { CtlCall } from "../call.ts";

export const help: Command<CtlCall> = {
  use: "help [command]",
  short: "Help about any command",
  long: `Help provides help for any command in the application.
Simply type nodetcd ctl help [path to command] for full details.`,
  run: ({ args, root, out, err }) => {
    try {
      const { path } = findCommand(root, args);
      const hint = `Use "${root.use} options" for a list of global command-line options (applies to all commands).`;
      out.write(`${helpText(path, out.isTerminal)}${hint}\n`);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const topics = args.map((arg) => `\`${quote(Buffer.from(arg)).slice(1, -1)}\``).join(" ");
      err.write(`Unknown help topic [${topics}]\n${usageText([root])}`);
    }
  },
};
