/** What a load asked for, what was acknowledged, and what the server's own history must say about it. */

/** A change of one key; no value: deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
}

/** Kept over all rounds on one data directory. */
export class Records {
  /** Acknowledged writes by the revision that the reply named. */
  readonly acknowledged = new Map<number, readonly Change[]>();
  /** Values of puts that were sent, acknowledged or not: a value that nobody sent must not appear. */
  readonly sentValues = new Set<string>();
  /** Those among them that were put with a lease: they may go when it is revoked. */
  readonly leasedValues = new Set<string>();
  /** How often a delete of the key was sent without an answer: it may have happened, once each. */
  readonly unansweredDeletes = new Map<string, number>();
  readonly grantedLeases = new Set<bigint>();
  readonly unansweredGrants = new Set<bigint>();
  readonly revokedLeases = new Set<bigint>();
  readonly unansweredRevokes = new Set<bigint>();
  /** Newest compaction that was acknowledged, and newest that was sent. */
  compacted = 0;
  compactionSent = 0;
  newestAcknowledged = 1;
  /** History up to here has been read and kept: only this much may be compacted away. */
  verified = 1;

  acknowledge(revision: number, changes: readonly Change[]): void {
    const before = this.acknowledged.get(revision);
    if (before !== undefined) {
      throw new Error(
        `revision ${revision} was acknowledged twice: ${JSON.stringify(before)} and ${JSON.stringify(changes)}`,
      );
    }
    this.acknowledged.set(revision, changes);
    this.newestAcknowledged = Math.max(this.newestAcknowledged, revision);
  }
}
