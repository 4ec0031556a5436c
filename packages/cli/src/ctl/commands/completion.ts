import type { Command } from "../../command-line/command.ts";
import { UsageError } from "../../command-line/exit.ts";
import type { CtlCall } from "../call.ts";
import { bashScript, fishScript, powershellScript, zshScript } from "../completion-scripts.ts";

const SCRIPTS: Readonly<Record<string, (root: Command<CtlCall>) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

export const completion: Command<CtlCall> = {
  use: "completion [bash|zsh|fish|powershell]",
  short: "Generate completion script",
  long: `Completion of commands, flags and their values for a shell. For this shell only:

  bash:        source <(nodetcd ctl completion bash)
  zsh:         source <(nodetcd ctl completion zsh)
  fish:        nodetcd ctl completion fish | source
  PowerShell:  nodetcd ctl completion powershell | Out-String | Invoke-Expression

For each new one, put the same line into ~/.bashrc, ~/.zshrc, ~/.config/fish/config.fish or your PowerShell profile.
`,
  usageWithoutFlags: true,
  checkArguments: (args, path) => {
    if (args.length !== 1) throw new UsageError(`accepts 1 arg(s), received ${args.length}`);
    if (SCRIPTS[args[0]!] === undefined) {
      throw new UsageError(`invalid argument ${JSON.stringify(args[0])} for "${path}"`);
    }
  },
  run: ({ args, root, out }) => {
    out.write(SCRIPTS[args[0]!]!({ ...root, subcommands: root.subcommands ?? [] }));
  },
};
