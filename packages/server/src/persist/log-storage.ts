import { assert } from "@nodetcd/bytes";
import {
  type ConfState,
  type Entry,
  type HardState,
  WalMetadata,
  type WalSnapshot,
} from "@nodetcd/messages";
import { MemoryStorage } from "@nodetcd/raft";

import {
  createWal,
  openWal,
  readValidSnapshots,
  type Wal,
  type WalOptions,
  type WalRuntime,
} from "@nodetcd/wal";

/** Where a log begins that was never cut. */
const BEGINNING: WalSnapshot = { index: 0, term: 0, confState: undefined };

/** The raft log as a member starts with it: on disk, and in memory for raft. */
export interface OpenedLog {
  readonly wal: Wal;
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly hardState: HardState;
  /** Those behind the snapshot. */
  readonly entries: readonly Entry[];
  /** What the entries follow. */
  readonly snapshot: WalSnapshot;
}

/** Makes an empty log for a new member. */
export async function createLog(
  runtime: WalRuntime,
  directory: string,
  ids: { readonly memberId: bigint; readonly clusterId: bigint },
  options: WalOptions,
): Promise<Wal> {
  const metadata = WalMetadata.encode({ nodeId: ids.memberId, clusterId: ids.clusterId });
  return createWal(runtime, directory, metadata, options);
}

/** Opens a member's log at the newest snapshot that it has committed. */
export async function openLog(
  runtime: WalRuntime,
  directory: string,
  options: WalOptions,
): Promise<OpenedLog> {
  const snapshot = readValidSnapshots(runtime.disk, directory).at(-1) ?? BEGINNING;
  const { wal, metadata, hardState, entries } = await openWal(
    runtime,
    directory,
    snapshot,
    options,
  );
  const { nodeId, clusterId } = WalMetadata.decode(metadata);
  return { wal, memberId: nodeId, clusterId, hardState, entries, snapshot };
}

/**
 * The log in memory as raft reads it.
 *
 * @param confState the configuration at the snapshot's index or later: changes that are applied
 *   already are not applied to raft again
 */
export function logStorage(log: OpenedLog, confState: ConfState): MemoryStorage {
  const storage = new MemoryStorage();
  const { index, term } = log.snapshot;
  storage.applySnapshot({ data: new Uint8Array(0), metadata: { index, term, confState } });
  storage.setHardState(log.hardState);
  storage.append(log.entries);
  assert(storage.firstIndex() === index + 1, "logStorage: the log does not follow its snapshot");
  return storage;
}
