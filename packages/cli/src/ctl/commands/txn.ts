import { type Compare, type Init, METHODS, type RequestOp } from "@nodetcd/messages";
import { type Command, nameOf } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError, UsageError } from "../../command-line/exit.ts";
import { usageText } from "../../command-line/help.ts";
import { parseFlags } from "../../command-line/parse.ts";
import { switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { parseCompare } from "../compares.ts";
import { InputLines } from "../input-lines.ts";
import { splitLine } from "../quoted.ts";
import { del, deleteOf } from "./del.ts";
import { get, rangeOf } from "./get.ts";
import { put, putOf } from "./put.ts";

const INTERACTIVE = switchFlag("interactive", "Input transaction in interactive mode", false, {
  shorthand: "i",
});

export const txn: Command<CtlCall> = {
  use: "txn [options]",
  short: "Txn processes all the requests in one transaction",
  long: `Txn reads multiple etcd requests from standard input and applies them as a single atomic transaction.

A transaction consists of three components:
1) a list of conditions,
2) a list of requests to apply if all the conditions are true,
3) a list of requests to apply if any condition is false.

Example interactive stdin usage:

---
etcdctl txn -i
# compares:
mod("key1") > "0"

# success requests (get, put, delete):
put key1 "overwrote-key1"

# failure requests (get, put, delete):
put key1 "created-key1"
put key2 "some extra key"
---

Refer to https://github.com/etcd-io/etcd/blob/main/etcdctl/README.md#txn-options.`,
  flags: [INTERACTIVE],
  run: async ({ args, flags, connect, err }) => {
    if (args.length > 0) throw badArguments("txn command does not accept argument");
    const session = await connect();
    const lines = new InputLines();
    const prompt = (text: string): void => {
      if (flags.get(INTERACTIVE)) session.say(text);
    };
    const warn = (text: string): void => err.write(text);
    prompt("compares:");
    const compare = await readCompares(lines);
    prompt("success requests (get, put, del):");
    const success = await readOperations(lines, warn);
    prompt("failure requests (get, put, del):");
    const failure = await readOperations(lines, warn);
    lines.close();
    const request = { compare, success, failure };
    session.show("txn", await session.send(METHODS.KV.Txn, request, { timeoutMs: Infinity }));
  },
};

/** Lines up to an empty one. Raises `ExitError` at the end of input. */
async function* block(lines: InputLines): AsyncGenerator<string, void, undefined> {
  for (;;) {
    const line = await lines.next();
    if (line === undefined) throw new ExitError(EXIT.invalidInput, "EOF");
    if (line.trim() === "") return;
    yield line.trim();
  }
}

async function readCompares(lines: InputLines): Promise<Init<Compare>[]> {
  const compares: Init<Compare>[] = [];
  for await (const line of block(lines)) compares.push(parseCompare(line));
  return compares;
}

async function readOperations(
  lines: InputLines,
  warn: (text: string) => void,
): Promise<Init<RequestOp>[]> {
  const operations: Init<RequestOp>[] = [];
  for await (const line of block(lines)) {
    const words = splitLine(line);
    if (words === undefined) throw new ExitError(EXIT.invalidInput, "invalid syntax");
    if (words.length < 2) {
      throw new ExitError(EXIT.invalidInput, `invalid txn compare request: ${line}`);
    }
    operations.push(await operation(line, words, warn));
  }
  return operations;
}

/** A root without a name: its usage begins with a space, as etcdctl's. */
const OPERATIONS: Command<CtlCall> = { use: "", short: "", subcommands: [put, get, del] };

async function operation(
  line: string,
  words: readonly string[],
  warn: (text: string) => void,
): Promise<Init<RequestOp>> {
  const [name = "", ...rest] = words;
  const command = [put, get, del].find((one) => nameOf(one).startsWith(name));
  const refused = new ExitError(EXIT.invalidInput, `invalid txn request: ${line}`);
  if (command === undefined) throw refused;
  try {
    const { args, flags } = parseFlags(command.flags ?? [], rest);
    if (command === put) return { requestPut: await putOf(args, flags, async () => "") };
    if (command === get) return { requestRange: rangeOf(args, flags) };
    return { requestDeleteRange: await deleteOf(args, flags, warn) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    warn(`${usageText([OPERATIONS, command])}\n`);
    throw refused;
  }
}
