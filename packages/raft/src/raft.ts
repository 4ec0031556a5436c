export {
  ConfChange,
  ConfChangeType,
  ConfChangeV2,
  ConfState,
  Entry,
  EntryType,
  HardState,
  MessageType,
  RaftMessage,
} from "@nodetcd/messages";
export type { Peer } from "./bootstrap.ts";
export { type Config, type ReadOnlyOption } from "./config.ts";
export { entrySize } from "./entry.ts";
export { isRaftError, RaftError, type RaftErrorCode } from "./errors.ts";
export { MemoryStorage, type ReadOlder } from "./memory-storage.ts";
export type { AnyConfChange } from "./membership/conf-change.ts";
export type { Configuration } from "./membership/configuration.ts";
export type { ProgressState } from "./progress/progress.ts";
export { RawNode } from "./raw-node.ts";
export type { Ready } from "./ready.ts";
export type { BasicStatus, ProgressStatus, Status } from "./status.ts";
export type { Storage } from "./storage.ts";
export {
  isLocalThread,
  LOCAL_APPEND_THREAD,
  LOCAL_APPLY_THREAD,
  NO_NODE,
  type RaftLogger,
  type ReadState,
  type Role,
  type SoftState,
} from "./types.ts";
