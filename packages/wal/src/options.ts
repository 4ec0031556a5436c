import type { Clock, Disk, Logger } from "@nodetcd/runtime";

export type WalRuntime = { readonly clock: Clock; readonly disk: Disk };

export interface WalOptions {
  /** Size of a segment in bytes. Default 64,000,000, as etcd's. Small ones only make sense in tests. */
  segmentBytes?: number;
  /**
   * Called after each sync with how long it took, in seconds; where writing and syncing are one trip,
   * with the time of both, and so is `onWrite`. Default: nothing.
   */
  onSync?: (seconds: number) => void;
  /** Called after each write with its bytes and how long it took, in seconds. Default: nothing. */
  onWrite?: (bytes: number, seconds: number) => void;
  /** Gets `slow fdatasync` warnings, repairs and new segments. Default: silent. */
  logger?: Logger;
  /** Never syncs: a power cut loses acknowledged writes. Default false. */
  noSync?: boolean;
}
