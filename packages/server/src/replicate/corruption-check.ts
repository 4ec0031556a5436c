import type { CompactHash, Store } from "@nodetcd/mvcc";
import { hexId } from "@nodetcd/peers";
import { type Clock, goDuration, type Logger } from "@nodetcd/runtime";
import { compareCompactHashes, outliers } from "./compare-hashes.ts";
import type { PeerAnswer, PeerHash } from "./peer-hashes.ts";

export interface CorruptionCheckOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memberId: bigint;
  readonly store: Pick<Store, "hashKv" | "compactHashes" | "revision">;
  readonly isLeader: () => boolean;
  readonly peerHashes: (revision: number) => Promise<readonly PeerAnswer[]>;
  /** Resolves when everything is applied here that was committed when it was called. */
  readonly confirm: () => Promise<unknown>;
  /** Raises the CORRUPT alarm of a member, 0n for nobody in particular. */
  readonly raise: (memberId: bigint) => Promise<unknown>;
  /** From one comparison of the whole history to the next, in milliseconds; 0 for never. */
  readonly intervalMs: number;
  /** The same for the hashes of compactions; 0 for never. */
  readonly compactionIntervalMs: number;
}

/**
 * Sees that the leader and the others have the same history. Members apply the same log, so a difference is a damaged file,
 * or a fault in one of the programs: the member that stands against a majority gets the CORRUPT alarm.
 *
 * The periodic check hashes the whole history; the check of compactions compares what each member has
 * hashed anyway while it compacted, which costs nothing.
 */
export class CorruptionCheck {
  readonly #options: CorruptionCheckOptions;
  readonly #stops: (() => void)[] = [];
  #stopped = false;
  /** The newest compaction whose hash all members have in common. */
  #checkedRevision = 0;

  constructor(options: CorruptionCheckOptions) {
    this.#options = options;
  }

  /** Checks from now on, each time that this member leads. */
  start(): void {
    const { intervalMs, compactionIntervalMs, logger, memberId } = this.#options;
    if (intervalMs > 0) {
      const fields = { "local-member-id": hexId(memberId), interval: goDuration(intervalMs) };
      logger.info("enabled corruption checking", fields);
      this.#each(intervalMs, () => this.checkHistory());
    }
    if (compactionIntervalMs > 0) this.#each(compactionIntervalMs, () => this.checkCompactions());
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
  }

  #each(intervalMs: number, check: () => Promise<void>): void {
    const { clock, logger, isLeader } = this.#options;
    let isChecking = false;
    const timer = clock.setRepeating(intervalMs, () => {
      if (isChecking || !isLeader()) return;
      isChecking = true;
      check()
        .catch((error: unknown) => {
          if (this.#stopped) return;
          const text = error instanceof Error ? error.message : String(error);
          logger.warn("failed to check hash KV", { error: text });
        })
        .finally(() => (isChecking = false));
    });
    this.#stops.push(() => timer.cancel());
  }

  /** Compares the whole history, as the leader has it, with that of the others. */
  async checkHistory(): Promise<void> {
    const { store, peerHashes, confirm, logger, memberId } = this.#options;
    const first = await store.hashKv(0);
    const peers = await peerHashes(first.hashRevision);
    // Whatever a follower had applied when it answered is applied here then.
    await confirm();
    const second = await store.hashKv(0);
    const suspects = new Set<bigint>();
    const unmoved =
      first.hashRevision === second.hashRevision &&
      first.compactRevision === second.compactRevision;
    if (unmoved && first.hash !== second.hash) {
      logger.warn("found hash mismatch", {
        "revision-1": first.hashRevision,
        "compact-revision-1": first.compactRevision,
        "hash-1": first.hash,
        "revision-2": second.hashRevision,
        "compact-revision-2": second.compactRevision,
        "hash-2": second.hash,
      });
      suspects.add(memberId);
    }
    const { revision } = store;
    for (const { id, answer } of peers) {
      if (answer !== undefined && this.#isAhead(id, answer, revision, second)) suspects.add(id);
    }
    for (const id of this.#different(first, second, peers)) suspects.add(id);
    for (const id of suspects) await this.#raise(id);
    const checked = peers.filter(({ answer }) => answer !== undefined).length;
    logger.info("finished peer corruption check", { "number-of-peers-checked": checked });
  }

  /** A follower has what no leader has given it. */
  #isAhead(id: bigint, peer: PeerHash, revision: number, own: CompactHash): boolean {
    const { logger } = this.#options;
    const follower = { "follower-peer-id": hexId(id) };
    if (peer.revision > revision) {
      logger.warn("revision from follower must be less than or equal to leader's", {
        "leader-revision": revision,
        "follower-revision": peer.revision,
        ...follower,
      });
      return true;
    }
    if (peer.compactRevision <= own.compactRevision) return false;
    logger.warn("compact revision from follower must be less than or equal to leader's", {
      "leader-compact-revision": own.compactRevision,
      "follower-compact-revision": peer.compactRevision,
      ...follower,
    });
    return true;
  }

  /** Who has another hash than the majority; with no majority who has another than the leader. */
  #different(own: CompactHash, later: CompactHash, peers: readonly PeerAnswer[]): bigint[] {
    const { logger, memberId } = this.#options;
    const groups = new Map([[own.hash, [memberId]]]);
    const differing: bigint[] = [];
    for (const { id, answer } of peers) {
      if (answer?.compactRevision !== own.compactRevision) continue;
      groups.set(answer.hash, [...(groups.get(answer.hash) ?? []), id]);
      if (answer.hash === own.hash) continue;
      differing.push(id);
      logger.warn("same compact revision then hashes must match", {
        "leader-compact-revision": later.compactRevision,
        "leader-hash": own.hash,
        "follower-compact-revision": answer.compactRevision,
        "follower-hash": answer.hash,
        "follower-peer-id": hexId(id),
      });
    }
    return outliers(groups, peers.length + 1)?.flatMap(([, ids]) => ids) ?? differing;
  }

  /** Compares the hashes of the newest compactions that all members have finished. */
  async checkCompactions(): Promise<void> {
    const { store, peerHashes, logger, memberId } = this.#options;
    logger.info("starting compact hash check", { "local-member-id": hexId(memberId) });
    const unchecked = store
      .compactHashes()
      .filter(({ hashRevision }) => hashRevision > this.#checkedRevision)
      .toReversed();
    let checked = 0;
    for (const own of unchecked) {
      checked++;
      const peers = await peerHashes(own.hashRevision);
      if (this.#stopped) return;
      if (peers.length === 0) continue;
      const found = compareCompactHashes(own, memberId, peers, logger);
      if (found === "skipped") continue;
      if (found === "equal") this.#checkedRevision = own.hashRevision;
      else for (const id of found) await this.#raise(id);
      break;
    }
    logger.info("finished compaction hash check", { "number-of-hashes-checked": checked });
  }

  async #raise(id: bigint): Promise<void> {
    const { logger, raise } = this.#options;
    try {
      await raise(id);
    } catch (error) {
      const fields = { "member-id": hexId(id), error: String(error) };
      if (!this.#stopped) logger.warn("failed to raise the CORRUPT alarm", fields);
    }
  }
}
