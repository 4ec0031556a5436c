import type { Membership } from "./membership/change.ts";
import { EMPTY_CONFIGURATION, isJoint, type Configuration } from "./membership/configuration.ts";
import { jointIndex, jointVote } from "./quorum/joint.ts";
import { majorityVote, type VoteResult } from "./quorum/majority.ts";
import type { Progress } from "./progress/progress.ts";

/** Votes counted so far, of members that have one. */
export interface Tally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

/**
 * The active configuration, each member's progress, and the votes of a running election. Members
 * are kept in arrays: a group is a handful, and looking a `bigint` up in a map costs more.
 */
export class ProgressTracker {
  readonly #selfId: bigint;
  #configuration: Configuration = EMPTY_CONFIGURATION;
  #members: readonly Progress[] = [];
  #incoming: readonly Progress[] = [];
  #outgoing: readonly Progress[] = [];
  #self: Progress | undefined;
  #votes = new Map<bigint, boolean>();
  readonly #scratchIncoming: number[] = [];
  readonly #scratchOutgoing: number[] = [];

  constructor(selfId: bigint) {
    this.#selfId = selfId;
  }

  get configuration(): Configuration {
    return this.#configuration;
  }

  /** Everybody in the configuration, sorted by id. */
  get members(): readonly Progress[] {
    return this.#members;
  }

  /** This node's own progress; `undefined` while it is not in the configuration. */
  get self(): Progress | undefined {
    return this.#self;
  }

  get(id: bigint): Progress | undefined {
    const members = this.#members;
    for (let i = 0; i < members.length; i++) if (members[i]!.id === id) return members[i];
    return undefined;
  }

  /** Puts another membership in place. Votes of a running election are kept. */
  switchTo(membership: Membership): void {
    const { configuration, progress } = membership;
    this.#configuration = configuration;
    this.#members = progress;
    this.#incoming = progress.filter((member) => configuration.incoming.includes(member.id));
    this.#outgoing = progress.filter((member) => configuration.outgoing.includes(member.id));
    this.#self = this.get(this.#selfId);
  }

  /**
   * True when this node is the only voter and no change is under way: it decides alone. A leader that
   * was removed, and leaves one voter behind, decides nothing.
   */
  get isSingleton(): boolean {
    const voters = this.#incoming;
    return voters.length === 1 && voters[0] === this.#self && !isJoint(this.#configuration);
  }

  /** The highest index that a quorum holds. */
  committedIndex(): number {
    const incoming = this.#scratchIncoming;
    const outgoing = this.#scratchOutgoing;
    incoming.length = 0;
    outgoing.length = 0;
    for (let i = 0; i < this.#incoming.length; i++) incoming.push(this.#incoming[i]!.match);
    for (let i = 0; i < this.#outgoing.length; i++) outgoing.push(this.#outgoing[i]!.match);
    return jointIndex(incoming, outgoing);
  }

  /** Position of the newest read-index request that a quorum has confirmed. */
  confirmedRead(): number {
    return jointIndex(
      this.#incoming.map((member) => member.ackedRead),
      this.#outgoing.map((member) => member.ackedRead),
    );
  }

  /** True when a quorum was heard of since the last check. */
  quorumActive(): boolean {
    const active = (voters: readonly Progress[]): VoteResult => {
      const count = voters.filter((voter) => voter.recentActive).length;
      return majorityVote(voters.length, count, voters.length - count);
    };
    return jointVote(active(this.#incoming), active(this.#outgoing)) === "won";
  }

  resetVotes(): void {
    if (this.#votes.size > 0) this.#votes = new Map();
  }

  /** Notes a vote; the first word of each member counts. */
  recordVote(id: bigint, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  tallyVotes(): Tally {
    const result = (voters: readonly Progress[]): VoteResult => {
      const [yes, no] = this.#count(voters);
      return majorityVote(voters.length, yes, no);
    };
    const [granted, rejected] = this.#count(this.#members.filter((member) => !member.isLearner));
    return {
      granted,
      rejected,
      result: jointVote(result(this.#incoming), result(this.#outgoing)),
    };
  }

  #count(voters: readonly Progress[]): [granted: number, rejected: number] {
    let granted = 0;
    let rejected = 0;
    for (const { id } of voters) {
      const vote = this.#votes.get(id);
      if (vote === true) granted++;
      else if (vote === false) rejected++;
    }
    return [granted, rejected];
  }
}
