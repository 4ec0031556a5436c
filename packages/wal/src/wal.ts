export { createWal } from "./create.ts";
export { WalError, type WalErrorCode } from "./errors.ts";
export { openWal, type OpenedWal } from "./open.ts";
export type { WalOptions, WalRuntime } from "./options.ts";
export { readValidSnapshots } from "./read-log.ts";
export { walExists } from "./segment.ts";
export {
  loadNewestSnapshotFile,
  purgeSnapshotFiles,
  readSnapshotFiles,
  saveSnapshotFile,
  snapshotFileName,
} from "./snapshot-file.ts";
export { Wal } from "./write-ahead-log.ts";

// For tools that look at a log without opening it.
export { type LogContent, readLog } from "./read-log.ts";
export { listSegments, type Segment } from "./segment.ts";
