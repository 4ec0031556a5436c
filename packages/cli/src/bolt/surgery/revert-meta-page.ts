import { revertMeta } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "../command.ts";
import { operateOnPages, OUTPUT } from "./output-file.ts";

export const revertMetaPage: BoltCommand = {
  use: "revert-meta-page <bbolt-file>",
  short: "Revert the meta page to revert the changes performed by the latest transaction",
  flags: [OUTPUT],
  args: [1, 1],
  run: (call) => {
    operateOnPages(call, revertMeta);
    call.out.write("The meta page is reverted.\n");
  },
};
