import { BoltError } from "@nodetcd/bolt";
import { MvccError } from "@nodetcd/mvcc";
import { DiskError } from "@nodetcd/runtime";
import { WalError } from "@nodetcd/wal";
import { runTool } from "../command-line/run.ts";
import type { UtlCall } from "./call.ts";
import { UTL } from "./table.ts";

const KNOWN = [BoltError, DiskError, MvccError, WalError];

/** `nodetcd utl`: etcdutl's command line, and more. Returns the exit code. */
export function utl(words: readonly string[]): Promise<number> {
  return runTool<UtlCall>(
    {
      root: UTL,
      hint: "",
      extend: (invocation) => invocation,
      explain: (error) =>
        KNOWN.some((kind) => error instanceof kind) ? (error as Error).message : undefined,
    },
    words,
  );
}
