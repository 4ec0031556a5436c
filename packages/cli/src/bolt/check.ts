import type { Transaction } from "@nodetcd/bolt";
import { BoltCommandError } from "./command-error.ts";
import type { BoltCommand, Call } from "./command.ts";
import { uintFlag } from "./flag.ts";
import { textOrHex } from "./format.ts";
import { withDatabase } from "./open-source.ts";
import { Progress } from "./progress.ts";

const FROM_PAGE = uintFlag("from-page", "look only at the tree below this page");

export const check: BoltCommand = {
  use: "check <bbolt-file>",
  short: "look for damage: pages lost, used twice, out of order",
  flags: [FROM_PAGE],
  args: [1, 1],
  run: (call) => {
    const path = call.args[0]!;
    const count = withDatabase(call, path, (db) => db.view((tx) => printFindings(call, tx)));
    if (count === 0) {
      call.out.write("OK\n");
      return;
    }
    call.out.write(`${count} errors found\n`);
    throw new BoltCommandError(`${path} is damaged: ${count} errors found`, {
      advice: "Restore a backup; or look at single pages with 'nodetcd bolt page'.",
    });
  },
};

function printFindings(call: Call, tx: Transaction): number {
  const progress = new Progress(call);
  const total = tx.meta.highWater;
  let pages = 0;
  let count = 0;
  const pageId = call.flags.get(FROM_PAGE);
  const findings = tx.check({
    ...(pageId === 0 ? {} : { pageId }),
    keyToString: textOrHex,
    onPage: () => progress.update(() => `checked ${++pages} pages of at most ${total}`),
  });
  for (const { message } of findings) {
    progress.done();
    call.out.write(`${message}\n`);
    count++;
  }
  progress.done();
  return count;
}
