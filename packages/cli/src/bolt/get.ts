import { BoltCommandError, usageError } from "./command-error.ts";
import type { BoltCommand } from "./command.ts";
import { findBucket } from "./find-bucket.ts";
import { stringFlag } from "./flag.ts";
import { format, FORMAT, hex, parseKey } from "./format.ts";
import { withDatabase } from "./open-source.ts";
import { quote } from "../quote.ts";

const GET_FORMAT = FORMAT;
const PARSE_FORMAT = stringFlag(
  "parse-format",
  "how KEY is written here: ascii-encoded or hex",
  "ascii-encoded",
);

export const get: BoltCommand = {
  use: "get PATH [BUCKET..] KEY",
  short: "look a key up, by the buckets that lead to it, and show its value",
  flags: [GET_FORMAT, PARSE_FORMAT],
  args: [3, Infinity],
  run: (call) => {
    const path = call.args[0]!;
    const names = call.args.slice(1, -1);
    const key = parseKey(call.args.at(-1)!, call.flags.get(PARSE_FORMAT));
    if (path === "") throw usageError("path required");
    if (key.length === 0) throw usageError("key is required: key required");
    withDatabase(call, path, (db) =>
      db.view((tx) => {
        const value = findBucket(tx, names).get(key);
        if (value === undefined) {
          throw new BoltCommandError(`key not found: ${quote(key)} hex: "${hex(key)}"`, {
            advice: "See 'nodetcd bolt keys'; keys with unprintable bytes need --parse-format=hex.",
          });
        }
        call.out.write(format(value, call.flags.get(GET_FORMAT)));
        call.out.write("\n");
      }),
    );
  },
};
