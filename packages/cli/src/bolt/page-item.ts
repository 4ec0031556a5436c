import { openRawFile, pageElement, pageKind, pageTypeName } from "@nodetcd/bolt/inspect";
import { BoltCommandError, usageError } from "./command-error.ts";
import type { BoltCommand } from "./command.ts";
import { switchFlag } from "./flag.ts";
import { format, FORMAT } from "./format.ts";
import { requireFile } from "./open-source.ts";
import { parsePageId } from "./page-id.ts";

const KEY_ONLY = switchFlag("key-only", "leave the value out");
const VALUE_ONLY = switchFlag("value-only", "leave the key out");

export const pageItem: BoltCommand = {
  use: "page-item [options] <bbolt-file> pageid itemid",
  short: "show one entry of a page: its key and its value",
  flags: [KEY_ONLY, VALUE_ONLY, FORMAT],
  args: [3, 3],
  run: ({ args, flags, out, ...world }) => {
    const path = args[0]!;
    const pageId = parsePageId(args[1]!);
    const index = parsePageId(args[2]!);
    if (flags.get(KEY_ONLY) && flags.get(VALUE_ONLY)) {
      throw usageError("the --key-only or --value-only flag may be set, but not both");
    }
    requireFile({ ...world, out }, path);
    const raw = openRawFile(world.disk, path);
    try {
      const found = raw.page(pageId);
      if (pageKind(found.flags) !== "leaf") {
        const type = pageTypeName(found.flags);
        throw new BoltCommandError(
          `page ${pageId} of ${path} is "${type}": only leaves have items`,
        );
      }
      const element = pageElement(found, index);
      if (element.kind === "child") return;
      const parts = [];
      if (!flags.get(VALUE_ONLY)) parts.push(element.key);
      if (!flags.get(KEY_ONLY)) parts.push(element.value);
      for (const part of parts) {
        out.write(format(part, flags.get(FORMAT)));
        out.write("\n");
      }
    } finally {
      raw.close();
    }
  },
};
