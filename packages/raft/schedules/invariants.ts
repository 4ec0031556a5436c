import type { ConfState, Entry, RaftMessage } from "@nodetcd/messages";
import { MessageType } from "@nodetcd/messages";
import { Violation } from "./options.ts";

/** What the checks need to see of a node: its durable log. */
export interface DurableLog {
  readonly id: bigint;
  /** Term of the durable entry at `index`; 0 when compacted into a snapshot, undefined when missing. */
  durableTerm(index: number): number | undefined;
}

/**
 * The safety properties of the Raft paper (figure 3), checked on what nodes do, over the whole
 * cluster and its whole life: crashes do not reset what is remembered here.
 */
export class Invariants {
  readonly #leaderOfTerm = new Map<number, bigint>();
  readonly #votes = new Map<string, bigint>();
  /** `term:index` of every entry that was ever made durable -> its predecessor's term and its data. */
  readonly #entries = new Map<string, string>();
  /** Index -> term and data of every entry that was ever applied. */
  readonly #applied = new Map<number, string>();
  #committed = 0;
  #committedTerm = 0;

  /** Highest index that any node has seen committed. */
  get committed(): number {
    return this.#committed;
  }

  /** Election Safety (5.2): at most one leader in a term. */
  onLeader(id: bigint, term: number): void {
    const other = this.#leaderOfTerm.get(term);
    if (other !== undefined && other !== id) {
      throw new Violation(`election safety: ${other} and ${id} both lead term ${term}`);
    }
    this.#leaderOfTerm.set(term, id);
  }

  /**
   * What a message promises is on the sender's disk (thesis 3.8): the vote it grants, the entries it
   * acknowledges.
   */
  onSend(
    message: RaftMessage,
    durable: { readonly term: number; readonly vote: bigint; readonly lastIndex: number },
  ): void {
    if (message.reject || durable.term > message.term) return;
    if (message.type === MessageType.MsgVoteResp) {
      this.onVote(message.from, message.term, message.to);
      if (durable.term < message.term || durable.vote !== message.to) {
        throw new Violation(`promise: ${message.from} sends a vote that is not durable`);
      }
    }
    if (message.type === MessageType.MsgAppResp && message.index > durable.lastIndex) {
      throw new Violation(`promise: ${message.from} acknowledges what is not durable`);
    }
  }

  /** A node grants its vote to one candidate in a term (5.2). */
  onVote(voter: bigint, term: number, candidate: bigint): void {
    const key = `${voter}:${term}`;
    const other = this.#votes.get(key);
    if (other !== undefined && other !== candidate) {
      throw new Violation(`vote: ${voter} voted for ${other} and ${candidate} in term ${term}`);
    }
    this.#votes.set(key, candidate);
  }

  /** Log Matching (5.3): a term and an index name one entry with one predecessor. */
  onDurable(entry: Entry, previousTerm: number | undefined): void {
    const key = `${entry.term}:${entry.index}`;
    const content = `${entry.type} ${hex(entry.data)}`;
    const held = this.#entries.get(key);
    const known = previousTerm === undefined ? undefined : `${previousTerm} ${content}`;
    if (held === undefined) {
      if (known !== undefined) this.#entries.set(key, known);
    } else if (known === undefined ? !held.endsWith(` ${content}`) : held !== known) {
      throw new Violation(
        `log matching: two entries at index ${entry.index} of term ${entry.term}`,
      );
    }
  }

  /** Leader Completeness (5.4): a new leader's log holds everything committed in earlier terms. */
  onLeaderLog(log: DurableLog, term: number): void {
    if (this.#committedTerm >= term) return;
    const held = log.durableTerm(this.#committed);
    if (held === undefined || (held !== 0 && held !== this.#committedTerm)) {
      throw new Violation(
        `leader completeness: ${log.id} leads term ${term} without committed entry ${this.#committed}`,
      );
    }
  }

  /**
   * Committing (5.3, 5.4.2, thesis 4.3): the entry is of the leader's term and durable on a majority
   * of the voters; in a joint configuration on a majority of each half.
   *
   * @param configurations those that were active since the leader was looked at last
   */
  onLeaderCommit(
    term: number,
    index: number,
    configurations: readonly ConfState[],
    logOf: (id: bigint) => DurableLog | undefined,
  ): void {
    const holds = (id: bigint): boolean => {
      const held = logOf(id)?.durableTerm(index);
      return held === 0 || held === term;
    };
    const majority = (voters: readonly bigint[]): boolean =>
      voters.length === 0 || voters.filter(holds).length > voters.length >> 1;
    const agreed = configurations.some((c) => majority(c.voters) && majority(c.votersOutgoing));
    if (!agreed) {
      throw new Violation(`commit: no entry ${index} of term ${term} is durable on a quorum`);
    }
  }

  /** State Machine Safety (5.4.3): no two nodes apply different entries at one index. */
  onApply(id: bigint, entry: Entry): void {
    const content = `${entry.term} ${entry.type} ${hex(entry.data)}`;
    const held = this.#applied.get(entry.index);
    if (held !== undefined && held !== content) {
      throw new Violation(`state machine safety: ${id} applies another entry at ${entry.index}`);
    }
    this.#applied.set(entry.index, content);
    if (entry.index > this.#committed) {
      this.#committed = entry.index;
      this.#committedTerm = entry.term;
    }
  }

  /** Linearizable reads (thesis 6.4): a read sees all that was committed before it was asked for. */
  onRead(index: number, committedWhenAsked: number): void {
    if (index < committedWhenAsked) {
      throw new Violation(
        `read: answered at ${index}, but ${committedWhenAsked} was committed before`,
      );
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
