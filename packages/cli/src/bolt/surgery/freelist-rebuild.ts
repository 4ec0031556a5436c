import { openDatabase } from "@nodetcd/bolt";
import { isFreelistStored } from "@nodetcd/bolt/inspect";
import { BoltCommandError } from "../command-error.ts";
import type { BoltCommand } from "../command.ts";
import { requireFile } from "../open-source.ts";
import { copyAndOperate, OUTPUT } from "./output-file.ts";

export const freelistRebuild: BoltCommand = {
  use: "rebuild <bbolt-file>",
  short: "find the free pages anew and store the list of them",
  flags: [OUTPUT],
  args: [1, 1],
  run: (call) => {
    const source = call.args[0]!;
    requireFile(call, source);
    if (isFreelistStored(call.disk, source)) {
      throw new BoltCommandError(
        "the file already has freelist, please consider to abandon the freelist to forcibly rebuild it",
      );
    }
    // Opening for writing finds the free pages and stores them.
    copyAndOperate(call, (path) => openDatabase(call.disk, path).close());
    call.out.write("The freelist was successfully rebuilt.\n");
  },
};
