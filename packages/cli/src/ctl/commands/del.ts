import { type DeleteRangeRequest, type Init, METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { type FlagValues, switchFlag } from "../../command-line/flag.ts";
import { quote } from "../../quote.ts";
import type { CtlCall } from "../call.ts";
import { wireRange } from "../ranges.ts";

const FLAGS = {
  prefix: switchFlag("prefix", "delete keys with matching prefix"),
  prevKv: switchFlag("prev-kv", "return deleted key-value pairs"),
  fromKey: switchFlag(
    "from-key",
    "delete keys that are greater than or equal to the given key using byte compare",
  ),
  range: switchFlag("range", "delete range of keys"),
} as const;

/** Milliseconds in which a deletion of a range can be interrupted. */
const GRACE_MS = 2_000;

export const del: Command<CtlCall> = {
  use: "del [options] <key> [range_end]",
  short: "Removes the specified key or range of keys [key, range_end)",
  examples: ["del greeting", "del session/ --prefix --prev-kv", "del a f --range"],
  flags: Object.values(FLAGS),
  run: async ({ args, flags, connect, err }) => {
    const warn = (text: string): void => {
      err.write(text);
      err.flush();
    };
    const request = await deleteOf(args, flags, warn);
    const session = await connect();
    session.show("del", await session.send(METHODS.KV.DeleteRange, request));
  },
};

/** The request of a del, on the command line or in a transaction. Raises `ExitError`. */
export async function deleteOf(
  args: readonly string[],
  flags: FlagValues,
  warn: (text: string) => void,
): Promise<Init<DeleteRangeRequest>> {
  const [key, end] = args;
  if (key === undefined || args.length > 2) {
    throw badArguments(
      "del command needs one argument as key and an optional argument as range_end",
    );
  }
  const prefix = flags.get(FLAGS.prefix);
  const fromKey = flags.get(FLAGS.fromKey);
  if (prefix && fromKey) {
    throw badArguments("`--prefix` and `--from-key` cannot be set at the same time, choose one");
  }
  if (end !== undefined) {
    if (prefix || fromKey) {
      throw badArguments(
        "too many arguments, only accept one argument when `--prefix` or `--from-key` is set",
      );
    }
    if (!flags.get(FLAGS.range)) {
      const shown = `${quote(Buffer.from(key))} and ${quote(Buffer.from(end))}`;
      warn(
        `Warning: Keys between ${shown} will be deleted. Please interrupt the command within next 2 seconds to cancel. ` +
          "You can provide `--range` flag to avoid the delay.\n",
      );
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
    }
  }
  return { ...wireRange(key, end, { prefix, fromKey }), prevKv: flags.get(FLAGS.prevKv) };
}
