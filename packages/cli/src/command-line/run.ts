import { ClosedPipeError, DescriptorOutput, type Output } from "../output.ts";
import { type Command, type Invocation, nameOf } from "./command.ts";
import { EXIT, ExitError, UnknownCommandError, UsageError } from "./exit.ts";
import { findCommand, inheritedFlags } from "./find.ts";
import { helpText, usageText } from "./help.ts";
import { parseFlags } from "./parse.ts";

export interface Tool<Call extends Invocation> {
  readonly root: Command<Call>;
  /** The last line of each help; empty: none. */
  readonly hint: string;
  /** What its commands get beyond the command line. */
  readonly extend: (invocation: Invocation, command: Command<Call>) => Call;
  /** The message for a failure of the tool's own kinds; undefined: it is a fault of the program. */
  readonly explain: (error: unknown) => string | undefined;
}

/** Runs a command line of etcd's kind on standard output and error. Returns the exit code. */
export async function runTool<Call extends Invocation>(
  tool: Tool<Call>,
  words: readonly string[],
): Promise<number> {
  const out = new DescriptorOutput(1, process.stdout.isTTY === true);
  const err = new DescriptorOutput(2, process.stderr.isTTY === true);
  try {
    const code = await runWords(tool, words, out, err);
    out.flush();
    err.flush();
    return code;
  } catch (error) {
    if (error instanceof ClosedPipeError) return EXIT.error;
    throw error;
  }
}

async function runWords<Call extends Invocation>(
  tool: Tool<Call>,
  words: readonly string[],
  out: Output,
  err: Output,
): Promise<number> {
  const { root, hint } = tool;
  let path: readonly Command<Call>[] = [root];
  try {
    const found = findCommand(root, words);
    path = found.path;
    const command = path.at(-1)!;
    const { args, flags, help } = parseFlags(inheritedFlags(path), found.rest);
    if (help || command.run === undefined) {
      out.write(`${helpText(path, out.isTerminal)}${hint === "" ? "" : `${hint}\n`}`);
      return 0;
    }
    command.checkArguments?.(
      args,
      path.map((one, i) => (i === 0 ? one.use : nameOf(one))).join(" "),
    );
    requireFlags(command, flags);
    await command.run(tool.extend({ args, flags, words, out, err }, command));
    return 0;
  } catch (error) {
    out.flush();
    return explain(tool, error, path, err);
  }
}

function requireFlags<Call>(command: Command<Call>, flags: Invocation["flags"]): void {
  const missing = (command.requiredFlags ?? []).filter((flag) => !flags.has(flag));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => `"${name}"`).toSorted();
  throw new UsageError(`required flag(s) ${names.join(", ")} not set`);
}

function explain<Call extends Invocation>(
  { root, explain: own }: Tool<Call>,
  error: unknown,
  path: readonly Command<Call>[],
  err: Output,
): number {
  if (error instanceof ExitError) {
    if (error.text !== undefined) err.write(`Error: ${error.text}\n`);
    return error.code;
  }
  if (error instanceof UsageError) {
    err.write(`Error: ${error.message}\n`);
    err.write(
      error instanceof UnknownCommandError
        ? `Run '${root.use} --help' for usage.\n`
        : `${usageText(path)}\n`,
    );
    return EXIT.error;
  }
  const text = own(error);
  if (text === undefined) throw error;
  err.write(`Error: ${text}\n`);
  return EXIT.error;
}
