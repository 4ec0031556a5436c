import { broken } from "../errors.ts";
import { Inflights } from "./inflights.ts";

/**
 * How the leader deals with a follower.
 *
 * ```
 *             +----------- rejected, unreachable ----------+
 *             v                                            |
 *  new --> [probe] ---------- acknowledged ----------> [replicate]
 *             |  ^                                         |  ^
 *   compacted |  | reported                      compacted |  | acknowledged, within the log
 *             v  |                                         v  |
 *             +--+-------------> [snapshot] <--------------+--+
 * ```
 *
 * - `probe`: its last index is not known; at most one append a heartbeat interval, to find out.
 * - `replicate`: it follows; appends are sent optimistically, up to the in-flight limits.
 * - `snapshot`: what it needs next is compacted; a snapshot is on its way, nothing else is sent.
 */
export type ProgressState = "probe" | "replicate" | "snapshot";

/** What the leader knows of one member's log, itself included. */
export class Progress {
  readonly id: bigint;
  /** Its log is known to equal the leader's up to here. Invariant: `0 <= match < next`. */
  match = 0;
  /** The next entry to send. Those between `match` and `next` are on their way. */
  next: number;
  state: ProgressState = "probe";
  /**
   * In `snapshot`: the index of the snapshot that was sent; 0 otherwise. The member leaves the state
   * with any acknowledgement that the leader's log can follow up on, at whatever index.
   */
  pendingSnapshot = 0;
  /** It was heard of since the last quorum check. Always true for the leader itself. */
  recentActive = false;
  /** Nothing is sent until the next heartbeat response: a probe is out, or the window is full. */
  paused = false;
  isLearner: boolean;
  readonly inflights: Inflights;
  /** Highest commit index on its way to the member; goes back when appends may be lost. */
  sentCommit = 0;
  /** Position of the newest read-index request that the member has confirmed; see `ReadQueue`. */
  ackedRead = 0;

  constructor(id: bigint, next: number, isLearner: boolean, inflights: Inflights) {
    this.id = id;
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = inflights;
  }

  /** A copy for the next configuration; the window in flight is shared, as there is one follower. */
  copy(): Progress {
    const copy = new Progress(this.id, this.next, this.isLearner, this.inflights);
    copy.match = this.match;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.recentActive = this.recentActive;
    copy.paused = this.paused;
    copy.sentCommit = this.sentCommit;
    copy.ackedRead = this.ackedRead;
    return copy;
  }

  /** Forgets all but who it is, at the beginning of a term. */
  restart(lastIndex: number, isSelf: boolean): void {
    this.match = isSelf ? lastIndex : 0;
    this.next = lastIndex + 1;
    this.recentActive = false;
    this.sentCommit = 0;
    this.ackedRead = 0;
    this.#enter("probe");
  }

  /** True while no append may be sent. */
  get isPaused(): boolean {
    return this.paused || this.state === "snapshot";
  }

  becomeProbe(): void {
    const sent = this.pendingSnapshot;
    const base = this.state === "snapshot" ? Math.max(this.match, sent) : this.match;
    this.#enter("probe");
    this.next = base + 1;
    this.#forgetCommit();
  }

  becomeReplicate(): void {
    this.#enter("replicate");
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter("snapshot");
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** Notes an append that was sent, with `count` entries of `bytes` data bytes together. */
  sentEntries(count: number, bytes: number): void {
    if (this.state === "replicate") {
      if (count > 0) {
        this.next += count;
        this.inflights.add(this.next - 1, bytes);
      }
      // With a full window even an empty append is a probe, to be answered before the next.
      this.paused = this.inflights.full;
    } else if (this.state === "probe") {
      if (count > 0) this.paused = true;
    } else {
      broken(`sending append in unhandled state ${this.state}`);
    }
  }

  /** True when sending `commit` would let the member commit more than what was already sent. */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** The member acknowledged up to `index`. False when that is no news. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    this.paused = false;
    return true;
  }

  /**
   * The member refused an append that followed on `rejected`, and the leader knows that they cannot
   * agree above `hint`. False when the refusal is older than what is known since.
   */
  maybeDecreaseTo(rejected: number, hint: number): boolean {
    if (this.state === "replicate") {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#forgetCommit();
      return true;
    }
    // A probe is answered before the next is sent, so any other index is an old answer.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.#forgetCommit();
    this.paused = false;
    return true;
  }

  /** As it stands in log lines and status: `StateReplicate match=4 next=5 inflight=1`. */
  toString(): string {
    let text = `${STATE_NAMES[this.state]} match=${this.match} next=${this.next}`;
    if (this.isLearner) text += " learner";
    if (this.isPaused) text += " paused";
    if (this.pendingSnapshot > 0) text += ` pendingSnap=${this.pendingSnapshot}`;
    if (!this.recentActive) text += " inactive";
    if (this.inflights.count > 0) {
      text += ` inflight=${this.inflights.count}${this.inflights.full ? "[full]" : ""}`;
    }
    return text;
  }

  #enter(state: ProgressState): void {
    this.paused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }

  #forgetCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }
}

const STATE_NAMES: Record<ProgressState, string> = {
  probe: "StateProbe",
  replicate: "StateReplicate",
  snapshot: "StateSnapshot",
};
