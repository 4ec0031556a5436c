import { openRawFile, pageTable } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";

export const pages: BoltCommand = {
  use: "pages <bbolt-file>",
  short: "table of all pages: type, entries, overflow",
  long: `One row for each page: its id, its type (meta, branch, leaf, freelist, free), how many
entries it has, and how many pages follow that belong to it.

"ITEMS" counts the keys of a branch or leaf page, and the ids of a freelist page. "OVRFLW"
is empty for most pages: only a large entry, or a long freelist, goes on behind its page.
`,
  args: [1, 1],
  run: ({ args, out, ...world }) => {
    const path = args[0]!;
    withDatabase({ ...world, out }, path, (db) => {
      const raw = openRawFile(world.disk, path);
      try {
        out.write("ID       TYPE       ITEMS  OVRFLW\n======== ========== ====== ======\n");
        db.view((tx) => {
          const free = tx.unusedPages() ?? new Float64Array(0);
          for (const { id, type, count, overflow } of pageTable(raw, tx.meta.highWater, free)) {
            const items = String(count ?? "").padEnd(6);
            const more = (overflow === undefined || overflow === 0 ? "" : `${overflow}`).padEnd(6);
            out.write(`${String(id).padEnd(8)} ${type.padEnd(10)} ${items} ${more}\n`);
          }
        });
      } finally {
        raw.close();
      }
    });
  },
};
