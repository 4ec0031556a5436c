import type { Cluster, MemberRecord } from "@nodetcd/membership";
import { ConfChange, ConfChangeType, EntryType } from "@nodetcd/messages";
import { hexId } from "@nodetcd/peers";
import type { MemberConfig } from "../config.ts";
import type { DataDirectory } from "../data-dir.ts";
import { ServerError } from "../errors.ts";
import type { OpenedLog } from "../persist/log-storage.ts";

/**
 * Refuses a log that ends before what the database has applied: an entry is in the log before it is applied, so
 * the end is missing, and new entries with the same indexes would pass for applied.
 *
 * @param consistentIndex the last index that the database has applied
 */
export function refuseShortLog(
  log: OpenedLog,
  consistentIndex: number,
  directory: DataDirectory,
): void {
  const lastIndex = log.entries.at(-1)?.index ?? log.snapshot.index;
  if (lastIndex >= consistentIndex) return;
  throw new ServerError(
    "DATA_DIR_BAD",
    `The write-ahead log in ${directory.wal} ends at index ${lastIndex}, but the database ` +
      `${directory.database} has applied it up to index ${consistentIndex}: the end of the log is missing. ` +
      "Put the missing files back, or restore the data directory from a snapshot",
  );
}

/** Whom the log says to be members at `consistentIndex` or before: those at its snapshot, and those added since. */
function membersNamed(log: OpenedLog, consistentIndex: number): bigint[] {
  const { voters = [], learners = [] } = log.snapshot.confState ?? {};
  const added = log.entries
    .filter(({ index, type }) => index <= consistentIndex && type === EntryType.EntryConfChange)
    .map(({ data }) => ConfChange.decode(data))
    .filter(({ type }) => type !== ConfChangeType.ConfChangeRemoveNode)
    .map(({ nodeId }) => nodeId);
  return [...voters, ...learners, ...added];
}

/**
 * Refuses the log of another cluster, before any of its entries is applied. Of the members that the log names up to
 * what the database has applied, one at least is known there, as a member or as one that was removed. (Not all: an
 * addition that was refused when it was applied stays in the log.) A database without members has applied nothing.
 */
export function refuseForeignLog(
  log: OpenedLog,
  cluster: Cluster,
  consistentIndex: number,
  directory: DataDirectory,
): void {
  const held = cluster.members().map(({ id }) => hexId(id));
  const named = membersNamed(log, consistentIndex);
  if (held.length === 0 || named.length === 0) return;
  if (named.some((id) => cluster.member(id) !== undefined || cluster.isRemoved(id))) return;
  throw new ServerError(
    "DATA_DIR_BAD",
    `The write-ahead log in ${directory.wal} is of another cluster than the database ${directory.database}: the log ` +
      `is of member ${hexId(log.memberId)} in cluster ${hexId(log.clusterId)}, the database knows only the ` +
      `members ${held.join(", ")}. Nothing of it was applied. Give --data-dir and --wal-dir of one member, or restore ` +
      "the data directory from a snapshot",
  );
}

/**
 * Refuses the directory of another member of the same cluster, as when those of two members were swapped: the name
 * and an address that this member is started with are those of the other, and none is its own. (A name alone may be
 * changed, and so may an address, while a member is away.)
 */
export function refuseSwappedDirectory(
  log: OpenedLog,
  cluster: Cluster,
  { name, initialAdvertisePeerUrls: urls }: MemberConfig,
  directory: DataDirectory,
): void {
  const own = cluster.member(log.memberId);
  if (own === undefined || own.name === name) return;
  const isAt = (member: MemberRecord): boolean => member.peerUrls.some((url) => urls.includes(url));
  const other = cluster.members().find((member) => member.name === name && isAt(member));
  if (other === undefined || isAt(own)) return;
  throw new ServerError(
    "DATA_DIR_BAD",
    `The data directory ${directory.member} is that of member ${hexId(own.id)} (name ${own.name}, ` +
      `${own.peerUrls.join(",")}), but this one was started as member ${hexId(other.id)} of the same cluster (name ` +
      `${name}, ${urls.join(",")}): were the directories of two members swapped? Nothing was changed. Give --data-dir ` +
      "and --wal-dir of this member",
  );
}
