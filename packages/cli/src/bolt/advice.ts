import type { BoltErrorCode } from "@nodetcd/bolt";
import type { DiskErrorCode } from "@nodetcd/runtime";

const NOT_A_DATABASE = "Is it a bbolt file? etcd keeps its own in <data-dir>/member/snap/db.";
const DAMAGED =
  "See 'nodetcd bolt check', and 'nodetcd bolt page' for single pages; restore a backup, or work on " +
  "a copy with 'nodetcd bolt surgery'.";

const FOR_BOLT: Partial<Record<BoltErrorCode, string>> = {
  INVALID: NOT_A_DATABASE,
  WRONG_BYTE_ORDER:
    "It can only be read on a machine of that byte order: there, write its contents to a new file.",
  VERSION_MISMATCH: "It was written by another generation of the format; only version 2 is known.",
  CHECKSUM:
    "Both metas are damaged, see 'nodetcd bolt surgery meta validate': restore a backup, or mend a " +
    "copy with 'meta update'.",
  CORRUPT: DAMAGED,
  TIMEOUT: "Another process has it open for writing: stop that, or take a snapshot and read it.",
  BUCKET_NOT_FOUND: "See 'nodetcd bolt buckets' for those at the top, 'inspect' for all.",
};

const FOR_DISK: Partial<Record<DiskErrorCode, string>> = {
  ALREADY_EXISTS: "Give a path where there is no file yet.",
  NO_SPACE: "Free some space, or write to another file system.",
};

/** What to do after an error, in one or two sentences; undefined when its message says enough. */
export function adviceFor(code: BoltErrorCode | DiskErrorCode): string | undefined {
  return { ...FOR_BOLT, ...FOR_DISK }[code];
}
