import { type Database, defragment, openDatabase, type Transaction } from "@nodetcd/bolt";
import { BoltCommandError, usageError } from "./command-error.ts";
import type { BoltCommand, Call } from "./command.ts";
import { intFlag, stringFlag, switchFlag } from "./flag.ts";
import { withDatabase } from "./open-source.ts";
import { Progress } from "./progress.ts";

const OUTPUT = stringFlag("output", "the file to write", "", { shorthand: "o", required: true });
const MAX_SIZE = intFlag("tx-max-size", "bytes copied in one transaction; 0: all", 65_536);
const NO_SYNC = switchFlag("no-sync", "faster: nothing is safe from a power cut until the end");

export const compact: BoltCommand = {
  use: "compact [options] -o <dst-bbolt-file> <src-bbolt-file>",
  short: "write a copy without holes to another file",
  long: `Copies every bucket and key, in order and into well-filled pages, to a file that must not
exist yet. The source is only read.`,
  flags: [OUTPUT, MAX_SIZE, NO_SYNC],
  args: [1, Infinity],
  run: (call) => {
    const from = call.args[0]!;
    const to = call.flags.get(OUTPUT);
    if (to === "") throw usageError("output file required");
    withDatabase(call, from, (source) => {
      if (call.disk.exists(to) && call.disk.size(to) > 0) {
        throw new BoltCommandError(`the output file ${to} exists already`, {
          advice: "Give a path where there is no file yet: compact does not merge databases.",
        });
      }
      const target = openDatabase(call.disk, to, { noSync: call.flags.get(NO_SYNC) });
      try {
        source.view((tx) => copyAll(call, tx, target));
        if (call.flags.get(NO_SYNC)) target.sync();
        target.close();
      } catch (error) {
        // Nobody shall take a part of the data for all of it.
        target.close();
        call.disk.remove(to);
        throw error;
      }
      const before = source.fileSize();
      const after = call.disk.size(to);
      const gain = (before / after).toFixed(2);
      call.out.write(`${before} -> ${after} bytes (gain=${gain}x)\n`);
    });
  },
};

function copyAll(call: Call, source: Transaction, target: Database): void {
  const progress = new Progress(call);
  const maxBytesPerTransaction = Math.max(0, call.flags.get(MAX_SIZE));
  for (const { entries, bytes } of defragment(source, target, { maxBytesPerTransaction })) {
    progress.update(() => `copied ${entries} keys, ${(bytes / 1e6).toFixed(0)} MB`);
  }
  progress.done();
}
