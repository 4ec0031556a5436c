import { copyDatabaseFile, openRawFile, type RawFile } from "@nodetcd/bolt/inspect";
import { usageError } from "../command-error.ts";
import type { Call } from "../command.ts";
import { type Flag, stringFlag } from "../flag.ts";
import { requireFile } from "../open-source.ts";

export const OUTPUT: Flag<string> = stringFlag(
  "output",
  "where the mended copy goes; the file itself is left as it is",
  "",
  {
    required: true,
  },
);

/**
 * Surgery never works in place: copies the database (the first argument) to `--output`, which must
 * not exist, and works there. When `work` fails the copy is removed again.
 */
export function copyAndOperate<T>(call: Call, work: (path: string) => T): T {
  const path = call.flags.get(OUTPUT);
  if (path === "") {
    throw usageError(
      "output database path wasn't given, specify output database file path with --output option",
    );
  }
  requireFile(call, call.args[0]!);
  copyDatabaseFile(call.disk, call.args[0]!, path);
  try {
    return work(path);
  } catch (error) {
    call.disk.remove(path);
    throw error;
  }
}

/** As `copyAndOperate`, on raw pages; synced at the end. */
export function operateOnPages<T>(call: Call, work: (file: RawFile) => T): T {
  return copyAndOperate(call, (path) => {
    const file = openRawFile(call.disk, path, "write");
    try {
      const result = work(file);
      file.sync();
      return result;
    } finally {
      file.close();
    }
  });
}

/** Raises a usage error for a meta page. */
export function requireDataPage(pageId: number): void {
  if (pageId < 2) throw usageError(`the pageId must be at least 2, but got ${pageId}`);
}
