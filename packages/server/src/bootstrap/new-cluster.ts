import { memberJson, type MemberRecord } from "@nodetcd/membership";
import { hexId } from "@nodetcd/peers";
import { MemoryStorage, type Peer } from "@nodetcd/raft";
import type { DataDirectory } from "../data-dir.ts";
import { ServerError } from "../errors.ts";
import { createLog } from "../persist/log-storage.ts";
import { consistentIndexOf } from "../state/applied-index.ts";
import type { Bootstrap, BootstrapContext } from "./context.ts";
import { type Beginning, beginNew, joinRunning } from "./found-cluster.ts";

/** What the first entries of a new cluster's log say of its founding members, ascending by id. */
export function foundingPeers(members: readonly MemberRecord[]): Peer[] {
  return members.map((member) => ({
    id: member.id,
    context: Buffer.from(memberJson({ ...member, clientUrls: [] })),
  }));
}

/** A new log counts from the beginning: what the database has applied already would be passed over. */
function refuseUsedDatabase(consistentIndex: number, directory: DataDirectory): void {
  if (consistentIndex === 0) return;
  throw new ServerError(
    "DATA_DIR_BAD",
    `The database ${directory.database} has applied the log up to index ${consistentIndex}, but there ` +
      `is no write-ahead log in ${directory.wal}. Put it back (see --wal-dir), or restore the data ` +
      "directory from a snapshot",
  );
}

async function begin(context: BootstrapContext, beginning: Beginning): Promise<Bootstrap> {
  const { runtime, directory, backend, logger, walOptions } = context;
  refuseUsedDatabase(consistentIndexOf(backend), directory);
  const { memberId, clusterId, members } = beginning;
  logger.info("starting local member", {
    "local-member-id": hexId(memberId),
    "cluster-id": hexId(clusterId),
  });
  return {
    memberId,
    clusterId,
    wal: await createLog(runtime, directory.wal, { memberId, clusterId }, walOptions),
    storage: new MemoryStorage(),
    snapshotIndex: 0,
    snapshotTerm: 0,
    peers: foundingPeers(members),
    remotes: [],
  };
}

/** Founds a cluster of the members that the options name. */
export async function newCluster(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, logger } = context;
  return begin(context, await beginNew(runtime, config, logger));
}

/** Begins with an empty log in a cluster that runs; its leader sends the rest. */
export async function joinCluster(context: BootstrapContext): Promise<Bootstrap> {
  const { runtime, config, logger } = context;
  const beginning = await joinRunning(runtime, config, logger);
  const remotes = beginning.members.filter(({ id }) => id !== beginning.memberId);
  return { ...(await begin(context, beginning)), peers: [], remotes };
}
