import { listText, type NamedCommand } from "../flags/help.ts";
import { suggest } from "../flags/suggest.ts";
import { TOPICS } from "../help/topics.ts";

/** A command as `help` wants it. */
interface Explained extends NamedCommand {
  readonly load: () => Promise<(args: readonly string[]) => Promise<number> | number>;
}

/** `nodetcd help [command or topic]`. */
export async function help(
  [name, ...more]: readonly string[],
  commands: readonly Explained[],
): Promise<number> {
  if (name === undefined || name.startsWith("-")) {
    process.stdout.write(overview(commands));
    return 0;
  }
  const topic = TOPICS.find((known) => known.name === name);
  if (topic !== undefined) {
    process.stdout.write(topic.text());
    return 0;
  }
  const command = commands.find((known) => known.name === name && name !== "help");
  if (command !== undefined) return (await command.load())([...more, "--help"]);
  const names = [...commands, ...TOPICS].map((known) => known.name);
  const near = suggest(name, names);
  const advice = near === undefined ? `There is: ${names.join(", ")}` : `Did you mean ${near}?`;
  process.stderr.write(`there is no help on "${name}"\n${advice}\n`);
  return 1;
}

function overview(commands: readonly NamedCommand[]): string {
  return `nodetcd: etcd for Node.js.

  nodetcd try                 a first look, in a minute
  nodetcd                     start a member on http://localhost:2379, its data in default.etcd
  nodetcd ctl put key value   write
  nodetcd ctl get key         read

Commands:
${listText(commands)}
Topics:
${listText(TOPICS)}
nodetcd help server has every flag of a member, nodetcd help ctl the commands of ctl, nodetcd help TOPIC the rest.
`;
}
