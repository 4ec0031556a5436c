import { COMMANDS } from "./commands.ts";
import { suggest } from "./flags/suggest.ts";
import { whyNodeIsTooOld } from "./node-version.ts";

/**
 * Runs the program.
 *
 * @param args what follows the program's name
 * @returns the exit code: 0 well, 1 failed, 2 not understood
 */
export async function run(args: readonly string[]): Promise<number> {
  const tooOld = whyNodeIsTooOld(process.versions.node);
  if (tooOld !== undefined) {
    process.stderr.write(tooOld);
    return 1;
  }
  const [first, ...rest] = args;
  // Harnesses ask for it before each start: nothing of the server is loaded.
  if (args.length === 1 && /^--?version$/.test(first!)) return await runCommand("version", []);
  if (first === undefined || first.startsWith("-")) return await runCommand("server", args);
  const command = COMMANDS.find(({ name }) => name === first);
  if (command !== undefined) return await runCommand(first, rest);
  const names = COMMANDS.map(({ name }) => name);
  const near = suggest(first, names);
  const advice = near === undefined ? `Commands: ${names.join(", ")}` : `Did you mean ${near}?`;
  process.stderr.write(`"${first}" is not a command of nodetcd, nor a flag\n${advice}\n`);
  return 1;
}

async function runCommand(name: string, args: readonly string[]): Promise<number> {
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) return 2;
  const start = await command.load();
  return await start(args);
}
