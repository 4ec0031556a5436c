import { openRawFile } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "./command.ts";
import { hexLines } from "./hex-lines.ts";
import { requireFile } from "./open-source.ts";
import { parsePageIds } from "./page-id.ts";

export const dump: BoltCommand = {
  use: "dump <bbolt-file> pageid [pageid...]",
  short: "show the bytes of pages in hexadecimal",
  args: [2, Infinity],
  run: ({ args, out, ...world }) => {
    const [path, ...texts] = args;
    const ids = parsePageIds(texts);
    requireFile({ ...world, out }, path!);
    const raw = openRawFile(world.disk, path!);
    try {
      for (const [at, id] of ids.entries()) {
        if (at > 0) out.write("===============================================\n");
        for (const line of hexLines(raw.bytes(id), id * raw.pageSize)) out.write(`${line}\n`);
        out.write("\n");
      }
    } finally {
      raw.close();
    }
  },
};
