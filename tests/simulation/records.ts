/** What was asked of a member over all its lives, what it acknowledged, and what may have happened. */
import type { Change, History } from "./history.ts";

/** A request that changes keys. */
export interface Attempt {
  readonly what: string;
  /** What it does to keys as they are; nothing: no revision. */
  readonly effect: (history: History) => readonly Change[];
}

export class Records {
  /** Acknowledged attempts by the revision that the reply named. */
  readonly acknowledged = new Map<number, Attempt>();
  /** Sent, and no answer: each may have happened once, and may yet be found. */
  readonly unanswered = new Set<Attempt>();
  readonly granted = new Map<bigint, number>();
  readonly maybeGranted = new Map<bigint, number>();
  readonly revoked = new Set<bigint>();
  readonly maybeRevoked = new Set<bigint>();
  /** Leases whose time may be up at any moment. */
  readonly short = new Set<bigint>();
  /** Newest compaction that was acknowledged, and those that were asked for. */
  compacted = 0;
  readonly maybeCompacted = new Set<number>();
  newest = 1;
  answers = 0;
  /** What must not happen whatever the disk does. */
  readonly faults: string[] = [];

  /** The lease may end, by a request or by itself: its keys go together. */
  mayEnd(id: bigint): void {
    this.maybeRevoked.add(id);
    const effect = (history: History): Change[] => deletions(history.keysOf(id));
    this.unanswered.add({ what: `end of lease ${id}`, effect });
  }

  /** @param revision 0: it changed nothing */
  acknowledge(attempt: Attempt, revision: number): void {
    this.unanswered.delete(attempt);
    this.answers++;
    if (revision === 0) return;
    const before = this.acknowledged.get(revision);
    if (before !== undefined) {
      this.faults.push(
        `revision ${revision} was given to ${before.what} and again to ${attempt.what}`,
      );
    }
    this.acknowledged.set(revision, attempt);
    this.newest = Math.max(this.newest, revision);
  }
}

export function isSame(one: readonly Change[], other: readonly Change[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ key, value, lease }, i) => {
      const twin = other[i];
      return key === twin?.key && value === twin.value && lease === twin.lease;
    })
  );
}

export function show(changes: readonly Change[] | undefined): string {
  if (changes === undefined) return "nothing";
  return changes.map(({ key, value }) => `${key}=${value?.slice(0, 8) ?? "deleted"}`).join(" ");
}

export function deletions(keys: readonly string[]): Change[] {
  return keys.map((key) => ({ key, value: undefined, lease: 0n }));
}
