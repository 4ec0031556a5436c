import type { Backend } from "@nodetcd/backend";
import type { MemoryStorage, Peer } from "@nodetcd/raft";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { Wal, WalOptions } from "@nodetcd/wal";
import type { MemberConfig } from "../config.ts";
import type { DataDirectory } from "../data-dir.ts";
import type { Cluster, MemberRecord } from "@nodetcd/membership";

/** What raft starts from. */
export interface Bootstrap {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly wal: Wal;
  readonly storage: MemoryStorage;
  /** The position that the log was opened at. */
  readonly snapshotIndex: number;
  readonly snapshotTerm: number;
  /** Founding members of a new cluster; empty on a restart, and for who joins. */
  readonly peers: readonly Peer[];
  /** Members of the cluster that is joined: whom to talk with until the log says who the members are. */
  readonly remotes: readonly MemberRecord[];
}

export interface BootstrapContext {
  readonly runtime: Runtime;
  readonly config: MemberConfig;
  readonly directory: DataDirectory;
  readonly backend: Backend;
  readonly cluster: Cluster;
  readonly logger: Logger;
  readonly walOptions: WalOptions;
}
