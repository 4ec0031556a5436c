import type { ConfChange, ConfState } from "@nodetcd/messages";
import { RawNode, type RaftLogger } from "@nodetcd/raft";
import type { Logger, Random } from "@nodetcd/runtime";
import type { Bootstrap } from "./bootstrap/bootstrap.ts";
import type { MemberConfig } from "./config.ts";
import type { RaftView } from "./core.ts";
import { READY_BYTES_MAX } from "./limits.ts";
import type { ReadIndexSource } from "./read/linearizable.ts";

/** Entries of one append message, in bytes (etcd's number). */
const MESSAGE_BYTES_MAX = 1024 * 1024;
/** Append messages on their way to one follower (etcd's number). */
const INFLIGHT_MESSAGES_MAX = 512;

function raftLogger(logger: Logger): RaftLogger {
  return {
    debug: (text) => logger.debug(text),
    info: (text) => logger.info(text),
    warning: (text) => logger.warn(text),
    error: (text) => logger.warn(text),
  };
}

/** Builds raft's state machine over a log; a new cluster gets its founding members. */
export function buildNode(
  config: MemberConfig,
  start: Bootstrap,
  random: Random,
  logger: Logger,
): RawNode {
  const node = new RawNode({
    id: start.memberId,
    electionTick: Math.max(2, Math.round(config.electionTimeoutMs / config.heartbeatIntervalMs)),
    heartbeatTick: 1,
    storage: start.storage,
    maxSizePerMessage: MESSAGE_BYTES_MAX,
    maxCommittedSizePerReady: READY_BYTES_MAX,
    maxInflightMessages: INFLIGHT_MESSAGES_MAX,
    checkQuorum: true,
    preVote: config.preVote,
    random: (bound) => random.below(bound),
    logger: raftLogger(logger),
  });
  if (start.peers.length > 0) node.bootstrap(start.peers);
  return node;
}

/** What `RaftCore` is told by the loops. */
export interface RaftCoreLinks {
  /** A question was put to raft: look at it soon. */
  readonly onReadIndex: () => void;
  readonly committedIndex: () => number;
  /** Term of the newest applied entry. */
  readonly appliedTerm: () => number;
}

/** What the rest of a member sees of raft. */
export class RaftCore implements RaftView, ReadIndexSource {
  readonly #node: RawNode;
  readonly #memberId: bigint;
  readonly #links: RaftCoreLinks;
  #soleVoter = false;
  /** Term whose first entry is applied. */
  #startedTerm = 0;

  constructor(node: RawNode, memberId: bigint, links: RaftCoreLinks) {
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
  configurationIs({ voters, votersOutgoing }: ConfState): void {
    this.#soleVoter =
      voters.length === 1 && voters[0] === this.#memberId && votersOutgoing.length === 0;
  }

  /** Gives raft a committed change of its members. */
  change(change: ConfChange): ConfState {
    const state = this.#node.applyConfChange(change);
    this.configurationIs(state);
    return state;
  }
}
