import { BoltError } from "@nodetcd/bolt";
import { DiskError } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { adviceFor } from "./advice.ts";
import { BoltCommandError, usageError } from "./command-error.ts";
import { type BoltCommand, nameOf, type World } from "./command.ts";
import { helpText, usageText } from "./help.ts";
import { ClosedPipeError, DescriptorOutput } from "../output.ts";
import { parseCommandLine } from "./parse.ts";
import { BOLT } from "./table.ts";

const PROGRAM = "nodetcd";

/** `nodetcd bolt <subcommand>`: bbolt's command line. Returns the exit code, 0 or 1. */
export function bolt(args: readonly string[]): number {
  const out = new DescriptorOutput(1, process.stdout.isTTY === true);
  const err = new DescriptorOutput(2, process.stderr.isTTY === true);
  const { disk, clock, random } = nodeRuntime;
  try {
    const code = runBolt(args, { disk, clock, random, out, err });
    out.flush();
    err.flush();
    return code;
  } catch (error) {
    if (error instanceof ClosedPipeError) return 1;
    throw error;
  }
}

/** @param args what follows `nodetcd bolt` */
export function runBolt(args: readonly string[], world: World): number {
  const asked = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  const { command, program, rest } = findCommand(asked);
  let file: string | undefined;
  try {
    if (command.run === undefined) return showGroup(world, program, command, rest);
    const { args: operands, flags, help } = parseCommandLine(command, rest);
    if (help) {
      world.out.write(helpText(program, command));
      return 0;
    }
    file = command.args?.[0] === 0 ? undefined : operands[0];
    command.run({ ...world, args: operands, flags });
    return 0;
  } catch (error) {
    const { message, advice, isUsage } = explain(error, file);
    world.err.write(`Error: ${message}\n`);
    if (isUsage) world.err.write(`${usageText(program, command)}\n`);
    if (advice !== undefined) world.err.write(`${advice}\n`);
    return 1;
  }
}

/** The command that the first words name, and what stands before and after its name. */
function findCommand(words: readonly string[]): {
  command: BoltCommand;
  program: string;
  rest: readonly string[];
} {
  let command = BOLT;
  let program = PROGRAM;
  let rest = words;
  for (;;) {
    const next = command.subcommands?.find((sub) => nameOf(sub) === rest[0]);
    if (next === undefined) return { command, program, rest };
    program = `${program} ${nameOf(command)}`;
    command = next;
    rest = rest.slice(1);
  }
}

function showGroup(
  world: World,
  program: string,
  command: BoltCommand,
  rest: readonly string[],
): number {
  const [first] = rest;
  if (first !== undefined && first !== "--help" && first !== "-h") {
    throw first.startsWith("-")
      ? usageError(`unknown flag: ${first}`)
      : usageError(`unknown command "${first}" for "${program} ${nameOf(command)}"`);
  }
  world.out.write(helpText(program, command));
  return 0;
}

/** @param file the database that the command was about, named in messages that do not name it */
function explain(error: unknown, file: string | undefined): BoltCommandError {
  if (error instanceof BoltCommandError) return error;
  if (!(error instanceof BoltError) && !(error instanceof DiskError)) throw error;
  const { message, code } = error;
  const named = file === undefined || message.includes(file) ? message : `${file}: ${message}`;
  const advice = adviceFor(code);
  return new BoltCommandError(named, advice === undefined ? {} : { advice });
}
