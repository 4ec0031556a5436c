import { revertMeta } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "../command.ts";
import { operateOnPages, OUTPUT } from "./output-file.ts";

export const revertMetaPage: BoltCommand = {
  use: "revert-meta-page <bbolt-file>",
  short: "undo the last transaction: the older meta page takes the place of the newer one",
  flags: [OUTPUT],
  args: [1, 1],
  run: (call) => {
    operateOnPages(call, revertMeta);
    call.out.write("The meta page is reverted.\n");
  },
};
