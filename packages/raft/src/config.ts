import { RaftError } from "./errors.ts";
import type { Storage } from "./storage.ts";
import { isLocalThread, NO_NODE, type RaftLogger } from "./types.ts";

/**
 * How linearizable reads are confirmed.
 *
 * - `safe`: the leader asks a quorum with a round of heartbeats before it answers.
 * - `lease-based`: the leader trusts its lease and answers at once. Needs `checkQuorum`. A leader
 *   whose clock stands still serves stale reads: choose it only where clocks are trusted.
 */
export type ReadOnlyOption = "safe" | "lease-based";

/**
 * Everything that can be set, with what it means. One tick is one call of `tick`; its length is the
 * caller's choice (etcd: 100 ms). Sizes are bytes; sizes of entries are those of their protobuf
 * encoding. Options that are not given have the default named with them.
 */
export interface Config {
  /** This node's id: not 0, and not one of the two highest ids, which stand for storage threads. */
  readonly id: bigint;

  /**
   * Ticks without word from the leader after which a follower campaigns, randomised to
   * [electionTick, 2 * electionTick - 1]. Must be greater than `heartbeatTick`; ten times it is a
   * good choice: less causes elections that nobody needed, more prolongs those that are.
   */
  readonly electionTick: number;

  /** Ticks between the leader's heartbeats. At least 1. */
  readonly heartbeatTick: number;

  /** The stable log. Read at the start and whenever entries are needed that are already stable. */
  readonly storage: Storage;

  /**
   * Index up to which the state machine has applied, when it survived a restart. Entries at or below
   * it are not given out again. Default 0: everything above the last snapshot is applied again.
   */
  readonly applied?: number | undefined;

  /**
   * Upper bound of the entries in one append message, in bytes; at least one entry is always sent.
   * Small values make recovery after a loss cheap, large ones make catching up fast. `Infinity` = no
   * limit, 0 = one entry a message. etcd: 1 MiB.
   */
  readonly maxSizePerMessage: number;

  /**
   * Upper bound of the committed entries that are given out and not yet acknowledged as applied, in
   * bytes; at least one entry is always given. Default 0: `maxSizePerMessage`.
   */
  readonly maxCommittedSizePerReady?: number | undefined;

  /**
   * Upper bound of the proposals that a leader holds uncommitted, in data bytes; beyond it proposals
   * are dropped, so that a leader cut off from its quorum does not fill its memory. One proposal is
   * always accepted when none is pending. Default 0: no limit.
   */
  readonly maxUncommittedEntriesSize?: number | undefined;

  /**
   * Append messages on their way to one follower before the leader pauses. Bounds what a transport
   * must queue for it. At least 1. etcd: 512.
   */
  readonly maxInflightMessages: number;

  /**
   * Data bytes on their way to one follower before the leader pauses; must not be below
   * `maxSizePerMessage`. This bounds throughput by the round trip: with 1 MB and 100 ms no follower
   * gets more than 10 MB/s. Default 0: no limit.
   */
  readonly maxInflightBytes?: number | undefined;

  /**
   * The leader steps down when it has not heard of a quorum for `electionTick`, and followers that
   * heard of a leader within it refuse to vote. Default false; a server wants true.
   */
  readonly checkQuorum?: boolean | undefined;

  /**
   * A node asks whether it could win before it raises its term (thesis, section 9.6), so that one
   * that comes back from behind a partition disturbs nobody. Default false; a server wants true.
   */
  readonly preVote?: boolean | undefined;

  /** Default `safe`. */
  readonly readOnlyOption?: ReadOnlyOption | undefined;

  /**
   * Writes to storage become messages to two local threads instead of the duties of `Ready` and
   * `advance` (which must not be called then). Messages to the same thread are processed in order
   * and never lost; their `responses` are delivered once the write is done: after it is durable for
   * `MsgStorageAppend`, after it is applied for `MsgStorageApply`. Default false.
   */
  readonly asyncStorageWrites?: boolean | undefined;

  /** Followers drop proposals instead of forwarding them to the leader. Default false. */
  readonly disableProposalForwarding?: boolean | undefined;

  /**
   * Membership changes enter the log unchecked. The check compares with the active configuration,
   * which may not be the newest, so it can err on either side; without it an invalid change stops the
   * node when it is applied. Only for callers that serialise changes themselves. Default false.
   */
  readonly disableConfChangeValidation?: boolean | undefined;

  /** A leader that is removed or made a learner becomes a follower at once. Default false. */
  readonly stepDownOnRemoval?: boolean | undefined;

  /** Receives log lines. Default none, and then no line is ever built. */
  readonly logger?: RaftLogger | undefined;

  /** A random integer in [0, bound). The only source of chance: election timeouts. */
  readonly random: (bound: number) => number;
}

/** A configuration that was checked, with every default filled in. */
export type ResolvedConfig = {
  readonly [K in keyof Config]-?: K extends "logger"
    ? RaftLogger | undefined
    : Exclude<Config[K], undefined>;
};

/** Checks the options and fills in defaults. Raises `RaftError` INVALID_CONFIG. */
export function resolveConfig(config: Config): ResolvedConfig {
  const refuse = (message: string): never => {
    throw new RaftError("INVALID_CONFIG", message);
  };
  if (config.id === NO_NODE) refuse("cannot use none as id");
  if (isLocalThread(config.id)) refuse("cannot use local target as id");
  if (!(config.heartbeatTick > 0)) refuse("heartbeat tick must be greater than 0");
  if (!(config.electionTick > config.heartbeatTick)) {
    refuse("election tick must be greater than heartbeat tick");
  }
  if (!(config.maxInflightMessages > 0)) refuse("max inflight messages must be greater than 0");
  const maxInflightBytes = config.maxInflightBytes || Infinity;
  if (maxInflightBytes < config.maxSizePerMessage) {
    refuse("max inflight bytes must be >= max message size");
  }
  const readOnlyOption = config.readOnlyOption ?? "safe";
  if (readOnlyOption === "lease-based" && !config.checkQuorum) {
    refuse("CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased");
  }
  return {
    id: config.id,
    electionTick: config.electionTick,
    heartbeatTick: config.heartbeatTick,
    storage: config.storage,
    applied: config.applied ?? 0,
    maxSizePerMessage: config.maxSizePerMessage,
    maxCommittedSizePerReady: config.maxCommittedSizePerReady || config.maxSizePerMessage,
    maxUncommittedEntriesSize: config.maxUncommittedEntriesSize || Infinity,
    maxInflightMessages: config.maxInflightMessages,
    maxInflightBytes,
    checkQuorum: config.checkQuorum ?? false,
    preVote: config.preVote ?? false,
    readOnlyOption,
    asyncStorageWrites: config.asyncStorageWrites ?? false,
    disableProposalForwarding: config.disableProposalForwarding ?? false,
    disableConfChangeValidation: config.disableConfChangeValidation ?? false,
    stepDownOnRemoval: config.stepDownOnRemoval ?? false,
    logger: config.logger,
    random: config.random,
  };
}
