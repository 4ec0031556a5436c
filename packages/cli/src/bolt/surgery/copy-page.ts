import { copyPage as copy, isFreelistStored } from "@nodetcd/bolt/inspect";
import { usageError } from "../command-error.ts";
import type { BoltCommand } from "../command.ts";
import { uintFlag } from "../flag.ts";
import { operateOnPages, OUTPUT } from "./output-file.ts";

const FROM = uintFlag("from-page", "the page to read", { required: true });
const TO = uintFlag("to-page", "the page to write over", { required: true });

export const copyPage: BoltCommand = {
  use: "copy-page <bbolt-file>",
  short: "write one page over another",
  flags: [OUTPUT, FROM, TO],
  args: [1, 1],
  run: (call) => {
    const from = call.flags.get(FROM);
    const to = call.flags.get(TO);
    if (from === to) throw usageError(`'--from-page' and '--to-page' have the same value: ${from}`);
    operateOnPages(call, (file) => copy(file, from, to));
    if (isFreelistStored(call.disk, call.args[0]!)) {
      call.out.write(
        "WARNING: the free list might have changed.\n" +
          "Please consider executing `nodetcd bolt surgery freelist abandon ...`\n",
      );
    }
    call.out.write(`The page ${from} was successfully copied to page ${to}\n`);
  },
};
