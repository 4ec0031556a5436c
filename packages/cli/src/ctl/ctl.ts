import { EtcdError } from "@nodetcd/client";
import { nameOf } from "../command-line/command.ts";
import { EXIT, ExitError, UsageError } from "../command-line/exit.ts";
import { findCommand, inheritedFlags } from "../command-line/find.ts";
import { helpText, usageText } from "../command-line/help.ts";
import { parseFlags } from "../command-line/parse.ts";
import { ClosedPipeError, DescriptorOutput } from "../output.ts";
import type { CtlCall } from "./call.ts";
import { connect } from "./connect.ts";
import { errorText } from "./error-text.ts";
import { readEnvironment } from "./globals.ts";
import type { Session } from "./session.ts";
import { CTL, OPTIONS_HINT } from "./table.ts";

/** Variables of `watch`, which no flag has. */
const WATCH_VARIABLES = ["ETCDCTL_WATCH_KEY", "ETCDCTL_WATCH_RANGE_END"];

/** `nodetcd ctl`: etcdctl's command line. Returns the exit code. */
export async function ctl(words: readonly string[]): Promise<number> {
  const out = new DescriptorOutput(1, process.stdout.isTTY === true);
  const err = new DescriptorOutput(2, process.stderr.isTTY === true);
  try {
    const code = await runCtl(words, out, err);
    out.flush();
    err.flush();
    return code;
  } catch (error) {
    if (error instanceof ClosedPipeError) return 1;
    throw error;
  }
}

async function runCtl(
  words: readonly string[],
  out: DescriptorOutput,
  err: DescriptorOutput,
): Promise<number> {
  const sessions: Session[] = [];
  let path: Parameters<typeof usageText<CtlCall>>[0] = [CTL];
  try {
    const found = findCommand(CTL, words);
    path = found.path;
    const command = path.at(-1)!;
    const { args, flags, help } = parseFlags(inheritedFlags(path), found.rest);
    if (help || command.run === undefined) {
      out.write(`${helpText(path, out.isTerminal)}${OPTIONS_HINT}\n`);
      return 0;
    }
    command.checkArguments?.(args, path.map(nameOf).join(" "));
    const call: CtlCall = {
      args,
      flags,
      words,
      out,
      err,
      root: CTL,
      environment: process.env,
      connect: async () => {
        const known = nameOf(command) === "watch" ? WATCH_VARIABLES : [];
        readEnvironment(flags, process.env, known, (line) => err.write(line));
        const session = await connect(flags, out, err);
        sessions.push(session);
        return session;
      },
      readInput,
    };
    await command.run(call);
    return 0;
  } catch (error) {
    out.flush();
    return explain(error, path, err);
  } finally {
    for (const { client } of sessions) client.close();
  }
}

function explain(
  error: unknown,
  path: Parameters<typeof usageText<CtlCall>>[0],
  err: DescriptorOutput,
): number {
  if (error instanceof ExitError) {
    if (error.text !== undefined) err.write(`Error: ${error.text}\n`);
    return error.code;
  }
  if (error instanceof UsageError) {
    err.write(`Error: ${error.message}\n`);
    const isRoot = path.length === 1;
    err.write(isRoot ? `Run '${CTL.use} --help' for usage.\n` : `${usageText(path)}\n`);
    return EXIT.error;
  }
  if (!(error instanceof EtcdError)) throw error;
  err.write(`Error: ${errorText(error)}\n`);
  return EXIT.error;
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
