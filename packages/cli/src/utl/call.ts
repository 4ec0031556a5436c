import type { Database } from "@nodetcd/bolt";
import { openDatabase } from "@nodetcd/bolt";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { Invocation } from "../command-line/command.ts";
import { EXIT, ExitError, UsageError } from "../command-line/exit.ts";
import { durationFlag, type Flag, stringFlag } from "../command-line/flag.ts";
import { drawTable } from "../ctl/output/table.ts";
import type { Rows } from "../ctl/output/rows.ts";

/** One call of a command of utl. */
export type UtlCall = Invocation;

export const WRITE_OUT: Flag<string> = stringFlag(
  "write-out",
  "set the output format (fields, json, protobuf, simple, table)",
  "simple",
  { shorthand: "w", choices: ["fields", "json", "protobuf", "simple", "table"] },
);
export const TIMEOUT: Flag<number> = durationFlag(
  "timeout",
  "time to wait to obtain a file lock on db file, 0 to block indefinitely",
  10_000,
);

/** Bytes of pages that a command keeps in memory, whatever the size of the file. */
export const CACHE_BYTES: number = 64 * 1_024 * 1_024;

/** A reply in its forms; protobuf there is none. */
export interface Shown {
  readonly json: string;
  readonly fields: readonly (readonly [name: string, value: string | number])[];
  readonly rows: Rows;
}

/** Shows what a command found, in the form that was asked for. Raises `ExitError`. */
export function show({ flags, out }: UtlCall, shown: Shown): void {
  switch (flags.get(WRITE_OUT)) {
    case "simple":
      for (const row of shown.rows.rows) out.write(`${row.join(", ")}\n`);
      return;
    case "json":
      out.write(`${shown.json}\n`);
      return;
    case "fields":
      for (const [name, value] of shown.fields) out.write(`"${name}" : ${value}\n`);
      return;
    case "table":
      out.write(Buffer.from(drawTable(shown.rows), "latin1"));
      return;
    default:
      throw new ExitError(EXIT.badFeature, "protobuf not supported as output format");
  }
}

/** Refuses a form that there is not, before anything is read. Raises `ExitError`. */
export function checkForm({ flags }: UtlCall): void {
  if (WRITE_OUT.choices?.includes(flags.get(WRITE_OUT)) === true) return;
  throw new ExitError(EXIT.badFeature, "unsupported output format");
}

/** The only argument. Raises `UsageError`. */
export function exactly(count: number): (args: readonly string[]) => void {
  return (args) => {
    if (args.length === count) return;
    throw new UsageError(`accepts ${count} arg(s), received ${args.length}`);
  };
}

/** Raises `ExitError` in the words of Go's `os.Stat`. */
/** @param call of the system that etcdutl says has failed */
export function requireFile(path: string, call: "stat" | "open" = "stat"): void {
  if (nodeRuntime.disk.exists(path)) return;
  throw new ExitError(EXIT.error, `${call} ${path}: no such file or directory`);
}

/** Opens a database for reading; its lock is shared, so a running member's is waited for in vain. */
export function withDatabase<T>(call: UtlCall, path: string, work: (db: Database) => T): T {
  requireFile(path);
  const lockTimeoutMs = call.flags.get(TIMEOUT);
  const db = openDatabase(nodeRuntime.disk, path, {
    readOnly: true,
    cacheBytes: CACHE_BYTES,
    clock: nodeRuntime.clock,
    ...(lockTimeoutMs > 0 ? { lockTimeoutMs } : {}),
  });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
