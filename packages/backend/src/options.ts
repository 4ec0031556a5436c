import type { Clock, Disk, Logger } from "@nodetcd/runtime";

export type BackendRuntime = { readonly clock: Clock; readonly disk: Disk };

export interface BackendOptions {
  /** A batch is committed this long after its first change, in milliseconds. Default 100. */
  batchIntervalMs?: number;
  /** A batch is committed at once when it has this many changes. Default 10,000. */
  batchLimit?: number;
  /** How free pages are kept in memory. Default as in bolt. */
  freelistType?: "array" | "hashmap";
  /** Records that a defragmentation copies in one transaction. Default 10,000, as etcd. */
  defragmentRecords?: number;
  /** Never syncs: a power cut can destroy the file. Default false. */
  noSync?: boolean;
  /** Default: silent. */
  logger?: Logger;
  /** Budget of memory for pages, in bytes. Default as in bolt. */
  cacheBytes?: number;
  /** Called after each commit with how long it took, in seconds. Default: nothing. */
  onCommitDuration?: (seconds: number) => void;
  /** Called after each defragmentation with how long it took, in seconds. Default: nothing. */
  onDefragmentDuration?: (seconds: number) => void;
  /** Called once, with what poisoned the backend. Default: nothing. */
  onFailure?: (error: Error) => void;
}
