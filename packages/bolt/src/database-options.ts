import type { Clock } from "@nodetcd/runtime";
import type { FreelistType, ReclaimPolicy } from "./freelist.ts";

/** How a file is opened. All fields are optional. */
export interface DatabaseOptions {
  /** Open for reading beside other readers; the file must exist. Default false. */
  readOnly?: boolean;
  /**
   * Milliseconds to wait for the file lock while another process holds it; then `TIMEOUT`. Default
   * 0: not at all.
   */
  lockTimeoutMs?: number;
  /** Bytes; a power of two from 1,024 to 16 MiB. For a new file only. Default 4,096. */
  pageSize?: number;
  /**
   * Do not store the free pages with each commit. Commits of files with many free pages get quicker;
   * opening for writing has to read the whole file. Default false.
   */
  noFreelistSync?: boolean;
  /** How free pages are kept in memory; the file does not show it. Default `array`. */
  freelistType?: FreelistType;
  /** When given up pages are used again; see `ReclaimPolicy`. Default `between-readers`. */
  reclaimPolicy?: ReclaimPolicy;
  /** Do not sync: a crash of the machine may cost the whole file. Default false. */
  noSync?: boolean;
  /** Let the file grow with its pages instead of in steps. Default false. */
  noGrowSync?: boolean;
  /**
   * Give free pages at the end of the file back to the file system: each commit lowers the high-water mark to the last page in
   * use, and asynchronous ones cut the file, some MiB at a time. The file stays one that bbolt reads. Default false, as bbolt.
   */
  shrink?: boolean;
  /** Check the whole file at each commit, and raise `CHECK_FAILED`. For tests. Default false. */
  strict?: boolean;
  /**
   * Budget of memory for pages, in bytes: those that are kept and those that wait to be collected.
   * V8 keeps to budgets from 96 MiB; below, half of it is what is kept. Default 128 MiB.
   */
  cacheBytes?: number;
  /** Bytes that the file may not exceed: `MAX_SIZE_REACHED`. Default: no limit. */
  maxBytes?: number;
  /** Needed for `commitAsync` to keep to its slices and for `batch` to wait. Default: none. */
  clock?: Clock;
}
