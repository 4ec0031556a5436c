import { type Backend, BUCKETS, openBackend } from "@nodetcd/backend";
import { ConfChange, ConfChangeType, EntryType, type Entry, WalMetadata } from "@nodetcd/messages";
import {
  Cluster,
  foundCluster,
  type InitialCluster,
  memberJson,
  v2StoreJson,
} from "@nodetcd/membership";
import { mainOf, revisionBound, revisionKey } from "@nodetcd/mvcc";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { createWal, saveSnapshotFile } from "@nodetcd/wal";

/** What a restored directory becomes a member of. */
export interface RestorePlan {
  /** A database in its place, checked: `member/snap/db`. */
  readonly database: string;
  readonly snapshots: string;
  readonly wal: string;
  readonly name: string;
  readonly cluster: InitialCluster;
  readonly token: string;
  /** Revisions to add, the old ones counting as compacted; 0: none. */
  readonly bump: number;
}

const TERM = 1;

/** Makes the database that of a new cluster, and a log and a snapshot file that found it. */
export async function foundFrom(plan: RestorePlan): Promise<void> {
  const { clusterId, members } = await foundCluster(plan.cluster, plan.token);
  const self = members.find(({ name }) => name === plan.name)!;
  const backend = openBackend(nodeRuntime, plan.database);
  try {
    trimMembership(backend);
    if (plan.bump > 0) bumpRevision(backend, plan.bump);
    const cluster = new Cluster(backend);
    for (const member of members) cluster.save(member);
    const index = members.length;
    backend.put(BUCKETS.meta, Buffer.from("consistent_index"), uint64(index));
    backend.put(BUCKETS.meta, Buffer.from("term"), uint64(TERM));
    await backend.commit();

    const entries: Entry[] = members.map((member, i) => ({
      type: EntryType.EntryConfChange,
      term: TERM,
      index: i + 1,
      data: ConfChange.encode({
        type: ConfChangeType.ConfChangeAddNode,
        nodeId: member.id,
        context: Buffer.from(memberJson(member)),
      }),
    }));
    const confState = cluster.confState();
    const metadata = WalMetadata.encode({ nodeId: self.id, clusterId });
    const wal = await createWal(nodeRuntime, plan.wal, metadata);
    try {
      await wal.append({ term: TERM, vote: members[0]!.id, commit: index }, entries);
      await saveSnapshotFile(nodeRuntime.disk, plan.snapshots, {
        data: v2StoreJson(cluster),
        metadata: { index, term: TERM, confState },
      });
      await wal.appendSnapshot({ index, term: TERM, confState });
    } finally {
      await wal.close();
    }
  } finally {
    await backend.close();
  }
}

function uint64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Nobody of the old cluster is a member of the new one. */
function trimMembership(backend: Backend): void {
  for (const bucket of [BUCKETS.members, BUCKETS.membersRemoved]) {
    const keys: Uint8Array[] = [];
    backend.range(
      bucket,
      new Uint8Array(0),
      undefined,
      0,
      (key) => void keys.push(new Uint8Array(key)),
    );
    for (const key of keys) backend.delete(bucket, key);
  }
}

/** Clients that saw revisions of the old cluster never see them again: the new one goes on above, all history compacted. */
function bumpRevision(backend: Backend, amount: number): void {
  let latest = 0;
  backend.range(BUCKETS.key, revisionBound(0), undefined, 0, (key) => {
    latest = Math.max(latest, mainOf(key));
  });
  const bumped = revisionKey(latest + amount, 0);
  backend.put(BUCKETS.key, bumped, new Uint8Array(0));
  backend.put(BUCKETS.meta, Buffer.from("scheduledCompactRev"), bumped);
}
