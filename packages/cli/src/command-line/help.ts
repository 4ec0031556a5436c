import { goDuration } from "@nodetcd/runtime";
import { type Command, nameOf } from "./command.ts";
import { type AnyFlag, switchFlag } from "./flag.ts";

/** Text before a flag's help, as pflag lays it out: `  -w, --write-out string`. */
function left(flag: AnyFlag): string {
  const short = flag.shorthand === undefined ? "      " : `  -${flag.shorthand}, `;
  return `${short}--${flag.name}${flag.type === "" ? "" : ` ${flag.type}`}`;
}

function defaultText({ initial, type }: AnyFlag): string {
  if (type === "duration") return ` (default ${goDuration(Number(initial))})`;
  if (typeof initial === "object")
    return initial.length === 0 ? "" : ` (default [${initial.join(",")}])`;
  if (typeof initial === "string") return initial === "" ? "" : ` (default "${initial}")`;
  return initial === false || initial === 0 || initial === 0n ? "" : ` (default ${initial})`;
}

/** A line for each flag, by name. */
export function flagLines(flags: readonly AnyFlag[]): string {
  const sorted = flags.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(0, ...sorted.map((flag) => left(flag).length));
  return sorted
    .map((flag) => `${left(flag).padEnd(width)}   ${flag.help}${defaultText(flag)}\n`)
    .join("");
}

function commandLines<Call>(commands: readonly Command<Call>[], width: number): string {
  return commands
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .map((sub) => `\n  ${nameOf(sub).padEnd(width)} ${sub.short}`)
    .join("");
}

function subcommandLines<Call>(command: Command<Call>): string {
  const { subcommands = [] } = command;
  if (subcommands.length === 0) return "";
  const width = Math.max(11, ...subcommands.map((sub) => nameOf(sub).length));
  const groups = [...new Set(subcommands.map(({ group }) => group))];
  if (groups.length === 1 && groups[0] === undefined) {
    return `\n\nAvailable Commands:${commandLines(subcommands, width)}`;
  }
  return groups
    .map((title) => {
      const members = subcommands.filter(({ group }) => group === title);
      return `\n\n${title ?? "Additional Commands:"}${commandLines(members, width)}`;
    })
    .join("");
}

/** How a command is used, laid out as etcd's tools do. @param path from the root to the command */
export function usageText<Call>(path: readonly Command<Call>[]): string {
  const command = path.at(-1)!;
  const name = path.map((one, i) => (i === 0 ? one.use : nameOf(one))).join(" ");
  const above = path.slice(0, -1).map((one, i) => (i === 0 ? one.use : nameOf(one)));
  const isRoot = path.length === 1;
  let text = "Usage:";
  if (command.run !== undefined) {
    const flags = command.usageWithoutFlags === true ? "" : " [flags]";
    text += `\n  ${[...above, command.use].join(" ")}${flags}`;
  }
  if (command.subcommands !== undefined) text += `\n  ${name} [command]`;
  if (command.example !== undefined) text += `\n\nExamples:\n${command.example}`;
  text += subcommandLines(command);
  if (command.hidesFlags !== true) {
    const about = isRoot ? command.use : nameOf(command);
    const help = switchFlag("help", `help for ${about}`, false, { shorthand: "h" });
    const own = [...(command.flags ?? []), ...(command.persistentFlags ?? []), help];
    text += `\n\nFlags:\n${flagLines(own).trimEnd()}`;
    const inherited = path
      .slice(0, -1)
      .flatMap(({ hidesFlags, persistentFlags = [] }) =>
        hidesFlags === true ? [] : persistentFlags,
      );
    if (inherited.length > 0) text += `\n\nGlobal Flags:\n${flagLines(inherited).trimEnd()}`;
  }
  if (command.subcommands !== undefined) {
    text += `\n\nUse "${name} [command] --help" for more information about a command.`;
  }
  return `${text}\n`;
}

/** @param withExamples show the lines of `examples`, which etcd's tools do not have */
export function helpText<Call>(path: readonly Command<Call>[], withExamples: boolean): string {
  const command = path.at(-1)!;
  const about = (command.long ?? command.short).trimEnd();
  const { examples } = command;
  const shown =
    withExamples && examples !== undefined
      ? `\nExamples:\n${examples.map((line) => `  ${line}\n`).join("")}`
      : "";
  return `${about}\n\n${usageText(path)}${shown}`;
}
