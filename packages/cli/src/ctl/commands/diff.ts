import type { Difference, KeyValue } from "@nodetcd/client";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { switchFlag } from "../../command-line/flag.ts";
import { parseGoInteger } from "../../command-line/go-integer.ts";
import type { CtlCall } from "../call.ts";
import { errorWords, toNumber } from "../numbers.ts";
import { type Line, Lines } from "../output/lines.ts";

const TOUCHED = switchFlag("touched", "Show keys, too, that were written but hold the same");

export const diff: Command<CtlCall> = {
  use: "diff [options] <prefix> <revision> [revision]",
  short: "Shows the keys of a prefix that differ between two revisions",
  long: `The keys of a prefix that differ between two revisions, in key order; without a second revision, between one and now.
One line each: + for a key that came, - for one that went, ~ for one whose value or lease changed. "" is all keys.
`,
  examples: ["diff config/ 1200", 'diff "" 1200 1300 -w json'],
  flags: [TOUCHED],
  run: async ({ args, flags, connect }) => {
    const [prefix, from, to = "0"] = args;
    if (prefix === undefined || from === undefined || args.length > 3) {
      throw badArguments("diff command needs a prefix and one or two revisions");
    }
    const [first, second] = [readRevision(from), readRevision(to)];
    const session = await connect();
    const lines = new Lines(session);
    const touched = flags.get(TOUCHED);
    for await (const difference of session.client.diff(prefix, first, second, { touched })) {
      lines.print(lineOf(difference, lines));
    }
  },
};

/** A revision among the arguments. Raises `ExitError`. */
export function readRevision(text: string): number {
  try {
    return toNumber(parseGoInteger(text, 10));
  } catch (error) {
    throw badArguments(`bad revision (${errorWords(error)})`);
  }
}

function lineOf({ kind, key, before, after }: Difference, lines: Lines): Line {
  const value = (keyValue: KeyValue | undefined): string =>
    keyValue === undefined ? "" : lines.bytes(keyValue.value);
  return {
    text: () => {
      const name = lines.bytes(key);
      if (kind === "created") return `+ ${name}\t${value(after)}`;
      if (kind === "deleted") return `- ${name}\t${value(before)}`;
      return `~ ${name}\t${value(before)}\t${value(after)}`;
    },
    json: () => ({ kind, key, before: held(before), after: held(after) }),
  };
}

function held(keyValue: KeyValue | undefined): object | undefined {
  if (keyValue === undefined) return undefined;
  const { value, modRevision, lease } = keyValue;
  return { value, modRevision, ...(lease === 0n ? {} : { lease }) };
}
