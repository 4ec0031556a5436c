import { BoltError } from "@nodetcd/bolt";
import { inspectMetas } from "@nodetcd/bolt/inspect";
import { BoltCommandError } from "../command-error.ts";
import type { BoltCommand } from "../command.ts";
import { requireFile } from "../open-source.ts";

export const metaValidate: BoltCommand = {
  use: "validate <bbolt-file>",
  short: "tell for each meta page whether a database can be opened by it",
  args: [1, 1],
  run: (call) => {
    const path = call.args[0]!;
    requireFile(call, path);
    const metas = inspectMetas(call.disk, path);
    for (const [index, meta] of metas.entries()) {
      call.out.write(
        meta instanceof BoltError
          ? `WARNING: The meta page ${index} isn't valid: ${meta.message}!\n`
          : `The meta page ${index} is valid!\n`,
      );
    }
    if (metas.every((meta) => meta instanceof BoltError)) {
      throw new BoltCommandError(`${path}: neither meta is valid, so nothing can open it`, {
        advice: "Restore a backup; or set what is wrong with 'nodetcd bolt surgery meta update'.",
      });
    }
  },
};
