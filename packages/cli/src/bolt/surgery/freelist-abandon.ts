import { abandonFreelist } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "../command.ts";
import { operateOnPages, OUTPUT } from "./output-file.ts";

export const freelistAbandon: BoltCommand = {
  use: "abandon <bbolt-file>",
  short: "let both meta pages say that no list of free pages is stored",
  flags: [OUTPUT],
  args: [1, 1],
  run: (call) => {
    operateOnPages(call, abandonFreelist);
    call.out.write(
      "The freelist was abandoned in both meta pages.\n" +
        "It may cause some delay on next startup because bbolt needs to scan the whole db to " +
        "reconstruct the free list.\n",
    );
  },
};
