import type { CompactHash } from "@nodetcd/mvcc";
import { hexId } from "@nodetcd/peers";
import type { Logger } from "@nodetcd/runtime";
import type { PeerAnswer } from "./peer-hashes.ts";

/** Which members have which hash. */
type Groups = ReadonlyMap<number, readonly bigint[]>;

/** The groups beside that of the majority of all members; undefined where no group is one. */
export function outliers(
  groups: Groups,
  memberCount: number,
): [number, readonly bigint[]][] | undefined {
  const quorum = Math.floor(memberCount / 2) + 1;
  const all = [...groups];
  return all.some(([, ids]) => ids.length >= quorum)
    ? all.filter(([, ids]) => ids.length < quorum)
    : undefined;
}

/** Why the answer of a peer says nothing about a compaction; undefined where it does. */
function skipReason({ answer }: PeerAnswer, own: CompactHash): string | undefined {
  if (answer === undefined) return "no response";
  if (answer.compactRevision === own.compactRevision) return undefined;
  return `the peer's CompactRevision ${answer.compactRevision} doesn't match leader's CompactRevision ${own.compactRevision}`;
}

/**
 * Compares the hash of one compaction: whose data is corrupt, 0n where no majority tells who is right; `skipped`
 * where all that answered agree and some did not.
 */
export function compareCompactHashes(
  own: CompactHash,
  memberId: bigint,
  peers: readonly PeerAnswer[],
  logger: Logger,
): "equal" | "skipped" | readonly bigint[] {
  const groups = new Map([[own.hash, [memberId]]]);
  let checked = 0;
  for (const peer of peers) {
    const reason = skipReason(peer, own);
    if (reason === undefined) {
      checked++;
      const { hash } = peer.answer!;
      groups.set(hash, [...(groups.get(hash) ?? []), peer.id]);
      continue;
    }
    logger.warn("Skipped peer's hash", {
      "number-of-peers": peers.length,
      "leader-id": hexId(memberId),
      "peer-id": hexId(peer.id),
      reason,
    });
  }
  if (groups.size > 1) return mismatch(own, memberId, groups, peers.length + 1, logger);
  const fields = {
    "number-of-peers-checked": checked,
    revision: own.hashRevision,
    compactRevision: own.compactRevision,
  };
  if (checked === peers.length) {
    logger.info("successfully checked hash on whole cluster", fields);
    return "equal";
  }
  logger.warn("skipped revision in compaction hash check; was not able to check all peers", {
    ...fields,
    "number-of-peers": peers.length,
  });
  return "skipped";
}

function mismatch(
  own: CompactHash,
  memberId: bigint,
  groups: Groups,
  memberCount: number,
  logger: Logger,
): readonly bigint[] {
  const against = outliers(groups, memberCount);
  const leader = {
    "leader-id": hexId(memberId),
    "leader-revision": own.hashRevision,
    "leader-compact-revision": own.compactRevision,
    "leader-hash": own.hash,
  };
  if (against === undefined) {
    logger.error(
      "Detected compaction hash mismatch but cannot identify the corrupted members, so intentionally set the memberID as 0",
      leader,
    );
  }
  for (const [hash, ids] of against ?? groups) {
    logger.error("Detected compaction hash mismatch", {
      ...leader,
      "peer-hash": hash,
      "peer-ids": ids.map(hexId).join(","),
      "quorum-exist": against !== undefined,
    });
  }
  return against === undefined ? [0n] : against.flatMap(([, ids]) => ids);
}
