import type { BoltCommand } from "./command.ts";
import { findBucket } from "./find-bucket.ts";
import { format, FORMAT } from "./format.ts";
import { withDatabase } from "./open-source.ts";

const KEY_FORMAT = { ...FORMAT, shorthand: "f" };

export const keys: BoltCommand = {
  use: "keys <bbolt-file> <buckets>",
  short: "print the keys of a bucket, which may lie in others",
  flags: [KEY_FORMAT],
  args: [2, Infinity],
  run: (call) => {
    const [path, ...names] = call.args;
    const formatName = call.flags.get(KEY_FORMAT);
    withDatabase(call, path!, (db) =>
      db.view((tx) => {
        const cursor = findBucket(tx, names).cursor();
        for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
          call.out.write(format(entry.key, formatName));
          call.out.write("\n");
        }
      }),
    );
  },
};
