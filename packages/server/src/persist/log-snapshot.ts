import type { Backend } from "@nodetcd/backend";
import type { RaftSnapshot, WalSnapshot } from "@nodetcd/messages";
import { isRaftError, type MemoryStorage } from "@nodetcd/raft";
import type { Disk, Logger } from "@nodetcd/runtime";
import { purgeSnapshotFiles, saveSnapshotFile, type Wal } from "@nodetcd/wal";
import { LOG_BYTES_MAX, SNAPSHOT_BYTES } from "../limits.ts";
import type { AppliedIndex } from "../state/applied-index.ts";
import { type Cluster, v2StoreJson } from "@nodetcd/membership";
import { hexId } from "@nodetcd/peers";
import type { ReadyLoop } from "./ready-loop.ts";

export interface LogSnapshotsOptions {
  readonly backend: Backend;
  readonly storage: MemoryStorage;
  readonly loop: ReadyLoop;
  readonly applied: AppliedIndex;
  readonly cluster: Cluster;
  readonly wal: Wal;
  readonly disk: Disk;
  readonly logger: Logger;
  readonly memberId: bigint;
  readonly snapshotDirectory: string;
  readonly snapshotCount: number;
  readonly catchupEntries: number;
  /** Entries in memory must stay: a member is about to need those that follow a snapshot. */
  readonly holdsLog: () => boolean;
  /** A snapshot that was forced is recorded. */
  readonly onForced: () => void;
}

/** A place in the log. */
type LogPosition = Pick<WalSnapshot, "index" | "term">;

/** Entries between two looks at whether the log in memory can be shortened (etcd's number). */
const TRUNCATE_EVERY = 100;

/**
 * Every `snapshotCount` applied entries, or 256 MiB, the log gets a mark from which a restart may begin. The
 * database is the snapshot's content, so it is committed up to that index first; then comes the
 * file, then the record in the log; then older entries are given up. In this order, because a start
 * takes the newest record, and etcd also needs the file of it.
 */
export class LogSnapshots {
  readonly #options: LogSnapshotsOptions;
  /** The newest snapshot that the log has a record of. */
  recorded: LogPosition;
  #lastIndex: number;
  /** `Wal.writtenBytes` at the last snapshot; negative when that was before the log was opened. */
  #lastBytes: number;
  #lastTruncation: number;
  #running: Promise<void> | undefined;
  #isForced = false;

  /** @param recorded what the log was opened at */
  constructor(options: LogSnapshotsOptions, recorded: LogPosition) {
    this.#options = options;
    this.recorded = recorded;
    this.#lastIndex = recorded.index;
    this.#lastTruncation = recorded.index;
    const { storage, wal } = options;
    this.#lastBytes = -storage.bytes;
    storage.readOlder = (low, high, maxBytes) => wal.readEntries(low, high, maxBytes);
  }

  /** The next look begins one, whatever the counts say, and again until one is recorded. */
  force(): void {
    this.#isForced = true;
  }

  /**
   * Begins a snapshot if one is due. A file that cannot be saved is tried again with the next; a record
   * that cannot be written poisons the log, which its loop reports.
   */
  takeIfDue(): void {
    const { applied, storage } = this.#options;
    storage.moveOut(LOG_BYTES_MAX, applied.index);
    if (this.#running === undefined && this.#isDue()) {
      this.#running = this.#take()
        .catch((error: unknown) => {
          const text = error instanceof Error ? error.message : String(error);
          this.#options.logger.warn("failed to take a snapshot of the log", { error: text });
        })
        .finally(() => (this.#running = undefined));
    }
    if (applied.index - this.#lastTruncation >= TRUNCATE_EVERY) this.#truncate();
  }

  /** After so many entries, and after so many bytes: a start reads into memory what follows the last snapshot. */
  #isDue(): boolean {
    const { applied, snapshotCount, wal } = this.#options;
    if (this.#isForced) return true;
    const entries = applied.index - this.#lastIndex;
    return entries > snapshotCount || wal.writtenBytes - this.#lastBytes > SNAPSHOT_BYTES;
  }

  /** Saves a snapshot from a leader; called by the loop, which holds the log. */
  async saveReceived(snapshot: RaftSnapshot): Promise<void> {
    const { disk, snapshotDirectory, wal } = this.#options;
    const { index = 0, term = 0, confState } = snapshot.metadata ?? {};
    await saveSnapshotFile(disk, snapshotDirectory, snapshot);
    await wal.appendSnapshot({ index, term, confState });
    this.recorded = { index, term };
    this.#lastIndex = index;
    this.#lastBytes = wal.writtenBytes;
    this.#lastTruncation = index;
  }

  /** Waits for a snapshot that is being taken. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #take(): Promise<void> {
    const { applied, backend, cluster, logger, loop, memberId, snapshotCount } = this.#options;
    const { index, term } = applied;
    const isForced = this.#isForced;
    const confState = cluster.confState();
    const data = v2StoreJson(cluster);
    logger.info("triggering snapshot", {
      "local-member-id": hexId(memberId),
      "local-member-applied-index": index,
      "local-member-snapshot-index": this.#lastIndex,
      "local-member-snapshot-count": snapshotCount,
    });
    this.#lastIndex = index;
    this.#lastBytes = this.#options.wal.writtenBytes;
    applied.touch();
    await backend.commit();
    const { disk, snapshotDirectory, storage } = this.#options;
    const snapshot = { data, metadata: { index, term, confState } };
    await saveSnapshotFile(disk, snapshotDirectory, snapshot);
    // A leader's snapshot may have come meanwhile: a start takes the last record, and entries follow that one.
    const isOvertaken = (): boolean => this.recorded.index > index;
    await loop.withLog(async (wal: Wal) => {
      if (isOvertaken()) return;
      await wal.appendSnapshot({ index, term, confState });
      this.recorded = { index, term };
      wal.releaseTo(index);
    });
    if (isOvertaken()) return;
    storage.createSnapshot(index, confState, data);
    logger.info("saved snapshot to disk", { "snapshot-index": index });
    if (!isForced) return;
    this.#isForced = false;
    this.#options.onForced();
  }

  /** Drops entries from memory but those that slow followers may still need. */
  #truncate(): void {
    const { applied, catchupEntries, storage } = this.#options;
    this.#lastTruncation = applied.index;
    if (this.#options.holdsLog()) return;
    const upTo = Math.min(applied.index - catchupEntries, this.#lastIndex);
    if (upTo < storage.firstIndex()) return;
    try {
      storage.compact(upTo);
    } catch (error) {
      if (!isRaftError(error, "COMPACTED")) throw error;
    }
  }
}

/**
 * Removes segments and snapshot files beyond the numbers that are to be kept; 0 keeps all. What cannot
 * be removed is tried again the next time.
 *
 * @param recorded see `LogSnapshots.recorded`
 */
export async function purgeFiles(
  disk: Disk,
  wal: Wal,
  snapshotDirectory: string,
  keep: { readonly wals: number; readonly snapshots: number },
  recorded: LogPosition,
  logger: Logger,
): Promise<void> {
  try {
    if (keep.wals > 0) await wal.purge(keep.wals);
    if (keep.snapshots > 0) {
      await purgeSnapshotFiles(disk, snapshotDirectory, keep.snapshots, recorded);
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    logger.warn("failed to remove files that are not needed any more", { error: text });
  }
}
