import type { Version } from "@nodetcd/client";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { intFlag, switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { toNumber } from "../numbers.ts";
import { type Line, Lines } from "../output/lines.ts";

const PREFIX = switchFlag("prefix", "Show the versions of all keys with matching prefix");
const FROM = intFlag("from", "First revision of interest (default: the oldest that is readable)");
const TO = intFlag("to", "Last revision of interest (default: the newest)");

export const history: Command<CtlCall> = {
  use: "history [options] <key>",
  short: "Shows every version of a key that is still readable",
  long: `Every version of a key, or of the keys of a prefix, that is still readable: oldest first, with deletions and new
beginnings. One line each: revision, what happened (create, update, delete), key, value.
`,
  examples: ["history config/a", "history config/ --prefix --from=1200", "history a -w json"],
  flags: [PREFIX, FROM, TO],
  run: async ({ args, flags, connect }) => {
    const [key] = args;
    if (key === undefined || args.length > 1) {
      throw badArguments("history command needs one argument as key");
    }
    const to = toNumber(flags.get(TO));
    const session = await connect();
    const lines = new Lines(session);
    const versions = session.client.history(key, {
      from: toNumber(flags.get(FROM)),
      ...(flags.get(PREFIX) ? { prefix: true } : {}),
      ...(to === 0 ? {} : { to }),
    });
    for await (const version of versions) lines.print(lineOf(version, lines));
  },
};

function lineOf({ kind, revision, keyValue }: Version, lines: Lines): Line {
  const { key, value, version, lease } = keyValue;
  return {
    text: () => {
      const what = [String(revision), kind, lines.bytes(key)];
      return (kind === "delete" ? what : [...what, lines.bytes(value)]).join("\t");
    },
    json: () => {
      const held = kind === "delete" ? {} : { value, version, ...(lease === 0n ? {} : { lease }) };
      return { revision, kind, key, ...held };
    },
  };
}
