import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";

export const buckets: BoltCommand = {
  use: "buckets <bbolt-file>",
  short: "name the buckets at the top",
  args: [1, 1],
  run: (call) => {
    withDatabase(call, call.args[0]!, (db) =>
      db.view((tx) =>
        tx.forEach((name) => {
          call.out.write(name);
          call.out.write("\n");
        }),
      ),
    );
  },
};
