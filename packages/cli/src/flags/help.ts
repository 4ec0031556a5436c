import { type Flag, GROUPS } from "./flag.ts";
import { FLAGS } from "./table.ts";

function entry({ name, defaultText, help }: Flag): string {
  const value = defaultText === undefined ? "" : ` '${defaultText}'`;
  return `  --${name}${value}\n    ${help}\n`;
}

/** A line of the list of commands. */
export interface NamedCommand {
  readonly name: string;
  readonly summary: string;
}

/** The text of `nodetcd --help`, in etcd's groups. */
export function helpText(commands: readonly NamedCommand[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `Usage:

  nodetcd [server] [flags]
    Start an etcd member. All flags are etcd's.

  nodetcd --version
    Show the version.

  nodetcd --config-file <path>
    Start with a YAML or JSON file; flags and environment variables are ignored then. Keys are flag
    names. Durations in it are whole nanoseconds: 600000000000 is 10m.

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join("")}
Every flag has an environment variable: ETCD_SNAPSHOT_COUNT is --snapshot-count. Giving both is an error.

${GROUPS.map((group) => `${group}:\n${FLAGS[group].map(entry).join("")}`).join("\n")}
CAUTIOUS with unsafe flag! It may break the guarantees given by the consensus protocol!
`;
}
