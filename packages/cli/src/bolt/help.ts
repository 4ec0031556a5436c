import { type AnyFlag, type BoltCommand, nameOf } from "./command.ts";
import { switchFlag } from "./flag.ts";

/** Text before a flag's help, as pflag lays it out: `  -o, --output string`. */
function left(flag: AnyFlag): string {
  const short = flag.shorthand === undefined ? "      " : `  -${flag.shorthand}, `;
  return `${short}--${flag.name}${flag.type === "" ? "" : ` ${flag.type}`}`;
}

function defaultText({ initial }: AnyFlag): string {
  if (typeof initial === "string" && initial !== "") return ` (default "${initial}")`;
  if (typeof initial === "number" && initial !== 0) return ` (default ${initial})`;
  return "";
}

function flagLines(command: BoltCommand): string {
  const help = { ...switchFlag("help", `help for ${nameOf(command)}`), shorthand: "h" };
  const flags = [...(command.flags ?? []), help].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(...flags.map((flag) => left(flag).length));
  return flags
    .map((flag) => `${left(flag).padEnd(width)}   ${flag.help}${defaultText(flag)}\n`)
    .join("");
}

/** @param program what stands in front of the command: "nodetcd bolt surgery" */
export function usageText(program: string, command: BoltCommand): string {
  const path = `${program} ${nameOf(command)}`.trim();
  const { subcommands } = command;
  if (subcommands === undefined) {
    return `Usage:\n  ${program} ${command.use} [flags]\n\nFlags:\n${flagLines(command)}`;
  }
  const width = Math.max(...subcommands.map((sub) => nameOf(sub).length), 11);
  const lines = subcommands.map((sub) => `  ${nameOf(sub).padEnd(width)} ${sub.short}\n`);
  return (
    `Usage:\n  ${path} [command]\n\nAvailable Commands:\n${lines.join("")}\n` +
    `Flags:\n${flagLines(command)}\n` +
    `Use "${path} [command] --help" for more information about a command.\n`
  );
}

export function helpText(program: string, command: BoltCommand): string {
  return `${(command.long ?? command.short).trimEnd()}\n\n${usageText(program, command)}`;
}
