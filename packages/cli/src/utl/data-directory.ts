import type { Database } from "@nodetcd/bolt";
import { type MemberRecord, parseMemberJson } from "@nodetcd/membership";
import { WalMetadata, type WalSnapshot } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type LogContent, readLog, readValidSnapshots } from "@nodetcd/wal";

/** Where a member keeps what. */
export interface Paths {
  readonly wal: string;
  readonly snapshots: string;
  readonly database: string;
}

export function pathsOf(dataDir: string, walDir: string): Paths {
  const snapshots = `${dataDir}/member/snap`;
  return {
    wal: walDir === "" ? `${dataDir}/member/wal` : walDir,
    snapshots,
    database: `${snapshots}/db`,
  };
}

/** What the log says from its newest snapshot on. */
export interface LogView extends LogContent {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly snapshot: WalSnapshot;
}

/** Reads the log and changes nothing. Raises `WalError`. */
export async function viewLog(directory: string): Promise<LogView> {
  const { disk } = nodeRuntime;
  const newest = readValidSnapshots(disk, directory).at(-1);
  const snapshot = newest ?? { index: 0, term: 0, confState: undefined };
  const content = await readLog(disk, directory, snapshot);
  const { nodeId, clusterId } = WalMetadata.decode(content.metadata);
  return { ...content, memberId: nodeId, clusterId, snapshot };
}

/** What the small buckets of a database say. */
export interface DatabaseView {
  readonly consistentIndex: number;
  readonly term: number;
  readonly storageVersion: string | undefined;
  readonly scheduledCompaction: number | undefined;
  readonly finishedCompaction: number | undefined;
  readonly clusterVersion: string | undefined;
  readonly downgrade: string | undefined;
  /** Ascending by id. */
  readonly members: readonly MemberRecord[];
  readonly removed: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly isAuthEnabled: boolean;
}

const COUNTED = ["key", "lease", "alarm", "authUsers", "authRoles"];

export function viewDatabase(database: Database): DatabaseView {
  return database.view((tx) => {
    const get = (bucket: string, key: string): Buffer | undefined => {
      const value = tx.bucket(Buffer.from(bucket))?.get(Buffer.from(key));
      return value === undefined ? undefined : Buffer.from(value);
    };
    const number = (value: Buffer | undefined): number =>
      value === undefined || value.length < 8 ? 0 : Number(value.readBigUInt64BE(0));
    const text = (bucket: string, key: string): string | undefined => get(bucket, key)?.toString();
    const mark = (key: string): number | undefined => {
      const value = get("meta", key);
      return value === undefined ? undefined : number(value);
    };
    const records = (bucket: string): (readonly [string, string])[] => {
      const found: (readonly [string, string])[] = [];
      tx.bucket(Buffer.from(bucket))?.forEach((key, value = new Uint8Array(0)) => {
        found.push([Buffer.from(key).toString(), Buffer.from(value).toString()]);
      });
      return found;
    };
    return {
      consistentIndex: number(get("meta", "consistent_index")),
      term: number(get("meta", "term")),
      storageVersion: text("meta", "storageVersion"),
      scheduledCompaction: mark("scheduledCompactRev"),
      finishedCompaction: mark("finishedCompactRev"),
      clusterVersion: text("cluster", "clusterVersion"),
      downgrade: text("cluster", "downgrade"),
      members: records("members")
        .map(([, json]) => parseMemberJson(json))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      removed: records("members_removed").map(([id]) => id),
      counts: Object.fromEntries(
        COUNTED.map((name) => {
          let count = 0;
          tx.bucket(Buffer.from(name))?.forEach(() => count++);
          return [name, count];
        }),
      ),
      isAuthEnabled: get("auth", "authEnabled")?.[0] === 1,
    };
  });
}

/** What a start would make of a log and a database: `refuses` says why it would not start. */
export interface StartPlan {
  readonly refuses: string | undefined;
  readonly does: string;
}

export function planStart(log: LogView, { consistentIndex, members }: DatabaseView): StartPlan {
  const { snapshot, lastIndex, hardState, memberId } = log;
  const refuse = (refuses: string): StartPlan => ({ refuses, does: "" });
  if (consistentIndex < snapshot.index) {
    return refuse(
      `the database has applied the log up to index ${consistentIndex}, but the log begins at its snapshot of index ${snapshot.index}: entries between are missing`,
    );
  }
  if (consistentIndex > lastIndex) {
    return refuse(
      `the log ends at index ${lastIndex}, but the database has applied it up to index ${consistentIndex}: the end of the log is missing`,
    );
  }
  if (members.length > 0 && !members.some(({ id }) => id === memberId)) {
    return refuse(
      `the log is of member ${memberId.toString(16)}, which is none of the database's members: log and database are of different members`,
    );
  }
  const committed = Math.max(hardState.commit, snapshot.index);
  const replayed = Math.max(0, committed - consistentIndex);
  const open = Math.max(0, lastIndex - Math.max(committed, consistentIndex));
  const parts = [
    replayed === 0
      ? `applies no entry: the database has all up to index ${consistentIndex}`
      : `applies ${replayed} entries of the log, ${consistentIndex + 1} to ${committed}, to the database`,
  ];
  if (open > 0) {
    parts.push(
      `keeps ${open} entries that are not known to be committed; a leader decides about them`,
    );
  }
  if (log.tail.torn) parts.push("cuts off a last record that is torn: it was never acknowledged");
  return { refuses: undefined, does: parts.join("; ") };
}
