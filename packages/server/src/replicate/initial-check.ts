import type { Store } from "@nodetcd/mvcc";
import { hexId } from "@nodetcd/peers";
import { goDuration, type Logger } from "@nodetcd/runtime";
import { ServerError } from "../errors.ts";
import type { PeerAnswer } from "./peer-hashes.ts";

export interface InitialCheckOptions {
  readonly logger: Logger;
  readonly memberId: bigint;
  readonly store: Pick<Store, "hashKv">;
  readonly peerHashes: (revision: number) => Promise<readonly PeerAnswer[]>;
  readonly timeoutMs: number;
}

/** Why a peer has no hash of this member's revision, by the text of its refusal. */
const REFUSALS: readonly [string, string][] = [
  ["required revision is a future revision", "cannot fetch hash from slow remote peer"],
  [
    "required revision has been compacted",
    "cannot fetch hash from remote peer; local member is behind",
  ],
  ["cluster ID mismatch", "cluster ID mismatch"],
];

/**
 * Before a member with data serves anybody: its history, as far as it has it, must be that of the others. Who does not
 * answer is not waited for. Raises `DATA_INCONSISTENT`.
 */
export async function checkAtStart(options: InitialCheckOptions): Promise<void> {
  const { logger, memberId, store, peerHashes, timeoutMs } = options;
  const local = { "local-member-id": hexId(memberId) };
  logger.info("starting initial corruption check", { ...local, timeout: goDuration(timeoutMs) });
  const own = await store.hashKv(0);
  let mismatches = 0;
  for (const { id, urls, answer, error } of await peerHashes(own.hashRevision)) {
    const fields = {
      ...local,
      "local-member-revision": own.hashRevision,
      "local-member-compact-revision": own.compactRevision,
      "local-member-hash": own.hash,
      "remote-peer-id": hexId(id),
      "remote-peer-endpoints": urls,
    };
    if (answer === undefined) {
      const text = REFUSALS.find(([refusal]) => error.includes(refusal))?.[1];
      if (text !== undefined) logger.warn(text, { ...fields, error });
      continue;
    }
    if (answer.hash === own.hash) continue;
    const isSame = answer.compactRevision === own.compactRevision;
    if (isSame) mismatches++;
    logger.warn(`found different ${isSame ? "hash" : "compact revision"} values from remote peer`, {
      ...fields,
      "remote-peer-revision": answer.revision,
      "remote-peer-compact-revision": answer.compactRevision,
      "remote-peer-hash": answer.hash,
    });
  }
  if (mismatches === 0) {
    logger.info("initial corruption checking passed; no corruption", local);
    return;
  }
  const text = `${hexId(memberId)} found data inconsistency with peers`;
  logger.error("checkInitialHashKV failed", { error: text });
  throw new ServerError(
    "DATA_INCONSISTENT",
    `${text}; remove this member from the cluster, move its data directory away, and add it again`,
  );
}
