import type { RaftMessage } from "@nodetcd/messages";
import type { ResolvedConfig } from "./config.ts";
import { RaftLog } from "./log.ts";
import { ProgressTracker } from "./progress-tracker.ts";
import { NO_NODE, type RaftLogger, type ReadState, type Role } from "./types.ts";

/** A linearizable read that waits for a quorum to confirm that the leader still leads. */
export interface WaitingRead {
  readonly request: RaftMessage;
  /** The commit index when the read came. */
  readonly index: number;
}

/**
 * All that one node knows. Plain data: each concern's file has the functions that change it, and
 * `step` and `tick` are the doors they are reached by.
 */
export class RaftState {
  readonly id: bigint;
  readonly config: ResolvedConfig;
  readonly logger: RaftLogger | undefined;
  readonly log: RaftLog;
  readonly tracker: ProgressTracker;

  term = 0;
  /** Whom this node voted for in `term`. */
  vote: bigint = NO_NODE;
  role: Role = "follower";
  /** The leader of `term`, as far as known. */
  leader: bigint = NO_NODE;
  /** True while the configuration has this node without a vote. */
  isLearner = false;

  /** Messages to send at once, or with the next write in the case of synchronous storage. */
  messages: RaftMessage[] = [];
  /** Messages that promise what is not yet written; those to this node itself are its own acks. */
  messagesAfterAppend: RaftMessage[] = [];
  readStates: ReadState[] = [];

  /** Ticks since the last election, word of the leader, or (on a leader) quorum check. */
  electionElapsed = 0;
  /** Ticks since the last heartbeat, on a leader. */
  heartbeatElapsed = 0;
  /** Drawn anew from [electionTick, 2 * electionTick - 1] with every role taken. */
  randomizedElectionTimeout = 0;

  /** Where a leader is moving its leadership to. */
  transferee: bigint = NO_NODE;
  /**
   * At or above the index of the last membership change in the log that may be unapplied. A leader
   * proposes another only once it has applied up to here (thesis, section 4.1).
   */
  pendingConfIndex = 0;
  /** Data bytes that a leader proposed and has not seen applied; may underestimate. */
  uncommittedBytes = 0;

  /** Reads not yet confirmed, in order; they have positions `confirmedReads + 1` and so on. */
  waitingReads: WaitingRead[] = [];
  /** Number of reads confirmed in this term. */
  confirmedReads = 0;
  /** Reads that came before the leader committed an entry of its term. */
  earlyReads: RaftMessage[] = [];

  constructor(config: ResolvedConfig) {
    this.id = config.id;
    this.config = config;
    this.logger = config.logger;
    this.log = new RaftLog(config.storage, config.maxCommittedSizePerReady, config.logger);
    this.tracker = new ProgressTracker(config.id);
  }
}

/** An id as log lines have it: hexadecimal. */
export function hex(id: bigint): string {
  return id.toString(16);
}
