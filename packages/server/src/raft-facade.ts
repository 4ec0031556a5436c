import type { ConfState } from "@nodetcd/messages";
import type { RawNode } from "@nodetcd/raft";
import type { RaftView } from "./member-context.ts";
import type { ReadIndexSource } from "./read/linearizable.ts";

/** What `RaftFacade` is told by the loops. */
export interface RaftFacadeLinks {
  /** Something was asked of raft: look at it soon. */
  readonly onRequest: () => void;
  readonly committedIndex: () => number;
  /** Term of the newest applied entry. */
  readonly appliedTerm: () => number;
}

/** What the rest of a member sees of raft. */
export class RaftFacade implements RaftView, ReadIndexSource {
  readonly #node: RawNode;
  readonly #memberId: bigint;
  readonly #links: RaftFacadeLinks;
  #soleVoter = false;
  #isLearner = false;
  voters: readonly bigint[] = [];
  /** Term whose first entry is applied. */
  #startedTerm = 0;

  constructor(node: RawNode, memberId: bigint, links: RaftFacadeLinks) {
    this.#node = node;
    this.#memberId = memberId;
    this.#links = links;
  }

  get leader(): bigint {
    return this.#node.leader;
  }

  get isLeader(): boolean {
    return this.#node.role === "leader";
  }

  get term(): number {
    return this.#links.appliedTerm();
  }

  get committedIndex(): number {
    return this.#links.committedIndex();
  }

  get isLearner(): boolean {
    return this.#isLearner;
  }

  progress(): ReadonlyMap<bigint, { readonly match: number }> | undefined {
    if (!this.isLeader) return undefined;
    return new Map(this.#node.status().progress.map((member) => [member.id, member]));
  }

  transferLeader(id: bigint): void {
    this.#node.transferLeader(id);
    this.#links.onRequest();
  }

  get ownReadIndex(): number | undefined {
    return this.#soleVoter && this.isLeader && this.#startedTerm === this.#node.term
      ? this.committedIndex
      : undefined;
  }

  requestReadIndex(context: Uint8Array): void {
    this.#node.readIndex(context);
    this.#links.onRequest();
  }

  /** The first entry of a term is applied. */
  termStarted(term: number): void {
    this.#startedTerm = term;
  }

  /** Remembers who votes. */
  setConfState({ voters, votersOutgoing, learners }: ConfState): void {
    this.voters = voters.toSorted((a, b) => (a < b ? -1 : 1));
    this.#isLearner = learners.includes(this.#memberId);
    this.#soleVoter =
      voters.length === 1 && voters[0] === this.#memberId && votersOutgoing.length === 0;
  }
}
