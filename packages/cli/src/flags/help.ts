import { wrap } from "../wrap.ts";
import { type Flag, GROUPS } from "./flag.ts";
import { FLAGS } from "./table.ts";

const WIDTH = 96;

function entry({ name, defaultText, help }: Flag): string {
  const value = defaultText === undefined ? "" : ` '${defaultText}'`;
  return `  --${name}${value}\n${wrap(help, WIDTH, 4)}\n`;
}

/** A line of the list of commands. */
export interface NamedCommand {
  readonly name: string;
  readonly summary: string;
}

/** Names with what they are, a line each. */
export function listText(rows: readonly NamedCommand[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join("");
}

/** The text of `nodetcd --help` and `nodetcd server --help`: every flag, in etcd's groups. */
export function helpText(commands: readonly NamedCommand[]): string {
  return `Usage:

  nodetcd [server] [flags]
    Start an etcd member. All flags are etcd's.

  nodetcd --version
    Show the version.

  nodetcd --config-file <path>
    Start with a YAML or JSON file; flags and environment variables are ignored then. Keys are flag
    names. Durations in it are whole nanoseconds: 600000000000 is 10m.

  nodetcd help [command or topic]
    Explain: without a name, what there is.

Commands:
${listText(commands)}
Every flag has an environment variable: ETCD_SNAPSHOT_COUNT is --snapshot-count. Giving both is an error.

${GROUPS.map((group) => `${group}:\n${FLAGS[group].map(entry).join("")}`).join("\n")}
CAUTIOUS with unsafe flag! It may break the guarantees given by the consensus protocol!
`;
}
