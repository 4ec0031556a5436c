import { type Init, METHODS, type PutRequest } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { type FlagValues, stringFlag, switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { leaseId } from "../numbers.ts";

const FLAGS = {
  lease: stringFlag("lease", "lease ID (in hexadecimal) to attach to the key", "0"),
  prevKv: switchFlag("prev-kv", "return the previous key-value pair before modification"),
  ignoreValue: switchFlag("ignore-value", "updates the key using its current value"),
  ignoreLease: switchFlag("ignore-lease", "updates the key using its current lease"),
} as const;

const ARGUMENTS = "put command needs 1 argument and input from stdin or 2 arguments";

export const put: Command<CtlCall> = {
  use: "put [options] <key> <value> (<value> can also be given from stdin)",
  short: "Puts the given key into the store",
  long: `
Puts the given key into the store.

When <value> begins with '-', <value> is interpreted as a flag.
Insert '--' for workaround:

$ put <key> -- <value>
$ put -- <key> <value>

If <value> isn't given as a command line argument and '--ignore-value' is not specified,
this command tries to read the value from standard input.

If <lease> isn't given as a command line argument and '--ignore-lease' is not specified,
this command tries to read the value from standard input.

For example,
$ cat file | put <key>
will store the content of the file to <key>.
`,
  examples: [
    "put greeting hello",
    "put session alice --lease=694d8257011c9bdc",
    "cat file | put key",
  ],
  flags: Object.values(FLAGS),
  run: async ({ args, flags, connect, readInput }) => {
    const request = await putOf(args, flags, readInput);
    const session = await connect();
    session.show("put", await session.send(METHODS.KV.Put, request));
  },
};

/** The request of a put, on the command line or in a transaction. Raises `ExitError`. */
export async function putOf(
  args: readonly string[],
  flags: FlagValues,
  readInput: () => Promise<string>,
): Promise<Init<PutRequest>> {
  const [key, given] = args;
  if (key === undefined) throw badArguments(ARGUMENTS);
  const ignoreValue = flags.get(FLAGS.ignoreValue);
  if (ignoreValue && given !== undefined) {
    throw badArguments("put command needs only 1 argument when 'ignore-value' is set");
  }
  const value = ignoreValue ? "" : (given ?? (await readInput()));
  if (!ignoreValue && given === undefined && value === "") throw badArguments(ARGUMENTS);
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    lease: leaseId(flags.get(FLAGS.lease), "bad lease ID"),
    prevKv: flags.get(FLAGS.prevKv),
    ignoreValue,
    ignoreLease: flags.get(FLAGS.ignoreLease),
  };
}
