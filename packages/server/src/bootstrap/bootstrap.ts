import type { Backend } from "@nodetcd/backend";
import type { MemoryStorage, Peer } from "@nodetcd/raft";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { Wal, WalOptions } from "@nodetcd/wal";
import type { MemberConfig } from "../config.ts";
import type { DataDirectory } from "../data-dir.ts";
import { isInitialized } from "../data-dir.ts";
import type { Cluster } from "../membership/cluster.ts";
import { forceNewCluster } from "./force-new-cluster.ts";
import { newCluster } from "./new-cluster.ts";
import { restart } from "./restart.ts";

/** What raft starts from. */
export interface Bootstrap {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly wal: Wal;
  readonly storage: MemoryStorage;
  /** The position that the log was opened at. */
  readonly snapshotIndex: number;
  readonly snapshotTerm: number;
  /** Founding members of a new cluster; empty on a restart. */
  readonly peers: readonly Peer[];
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

/** Founds a cluster, or takes up the life of the member that the data directory holds. */
export function bootstrap(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, directory } = context;
  if (!isInitialized(runtime.disk, directory)) return newCluster(context);
  return config.forceNewCluster ? forceNewCluster(context) : restart(context);
}
