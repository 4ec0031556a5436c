import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";

export const info: BoltCommand = {
  use: "info <bbolt-file>",
  short: "tell the page size",
  args: [1, 1],
  run: (call) => {
    withDatabase(call, call.args[0]!, (db) => call.out.write(`Page Size: ${db.pageSize}\n`));
  },
};
