import { openRawFile, pageTable } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";

export const pages: BoltCommand = {
  use: "pages <bbolt-file>",
  short: "print a list of pages in bbolt database",
  long: `Pages prints a table of pages with their type (meta, leaf, branch, freelist).
Leaf and branch pages will show a key count in the "items" column while the
freelist will show the number of free pages in the "items" column.

The "overflow" column shows the number of blocks that the page spills over
into. Normally there is no overflow but large keys and values can cause
a single page to take up multiple blocks.
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
