import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { switchFlag } from "../../command-line/flag.ts";
import { parseGoInteger } from "../../command-line/go-integer.ts";
import type { CtlCall } from "../call.ts";
import { errorWords, toNumber } from "../numbers.ts";

const PHYSICAL = switchFlag(
  "physical",
  "'true' to wait for compaction to physically remove all old revisions",
);

export const compaction: Command<CtlCall> = {
  use: "compaction [options] <revision>",
  short: "Compacts the event history in etcd",
  examples: ["compaction 1000", "compaction 1000 --physical"],
  flags: [PHYSICAL],
  run: async ({ args, flags, connect }) => {
    const [text] = args;
    if (text === undefined || args.length > 1) {
      throw badArguments("compaction command needs 1 argument");
    }
    const revision = readRevision(text);
    const session = await connect();
    const request = { revision: toNumber(revision), physical: flags.get(PHYSICAL) };
    await session.send(METHODS.KV.Compact, request);
    session.say(`compacted revision ${revision}`);
  },
};

function readRevision(text: string): bigint {
  try {
    return parseGoInteger(text, 10);
  } catch (error) {
    throw new ExitError(EXIT.error, errorWords(error));
  }
}
