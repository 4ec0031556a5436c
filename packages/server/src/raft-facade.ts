import type { ConfChange, ConfState } from "@nodetcd/messages";
import type { RawNode } from "@nodetcd/raft";
import type { RaftView } from "./member-context.ts";
import type { ReadIndexSource } from "./read/linearizable.ts";

/** What `RaftFacade` is told by the loops. */
export interface RaftFacadeLinks {
  /** A question was put to raft: look at it soon. */
  readonly onReadIndex: () => void;
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

  get ownReadIndex(): number | undefined {
    return this.#soleVoter && this.isLeader && this.#startedTerm === this.#node.term
      ? this.committedIndex
      : undefined;
  }

  requestReadIndex(context: Uint8Array): void {
    this.#node.readIndex(context);
    this.#links.onReadIndex();
  }

  /** The first entry of a term is applied. */
  termStarted(term: number): void {
    this.#startedTerm = term;
  }

  /** Remembers who votes. */
  setConfState({ voters, votersOutgoing }: ConfState): void {
    this.#soleVoter =
      voters.length === 1 && voters[0] === this.#memberId && votersOutgoing.length === 0;
  }

  /** Gives raft a committed change of its members. */
  change(change: ConfChange): ConfState {
    const state = this.#node.applyConfChange(change);
    this.setConfState(state);
    return state;
  }
}
