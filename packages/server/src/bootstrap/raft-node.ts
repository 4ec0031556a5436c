import { RawNode, type RaftLogger } from "@nodetcd/raft";
import type { Logger, Random } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { READY_BYTES_MAX } from "../limits.ts";
import type { Bootstrap } from "./context.ts";

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
    maxSizePerMessage: config.appendMessageBytes,
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
