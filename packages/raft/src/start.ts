import { resolveConfig, type Config } from "./config.ts";
import { broken } from "./errors.ts";
import { allVoters } from "./membership/configuration.ts";
import { restoreConfiguration } from "./switch-membership.ts";
import { becomeFollower } from "./role.ts";
import { hex, RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** Starts a node from what its storage holds, as a follower. */
export function startRaft(config: Config): RaftState {
  const raft = new RaftState(resolveConfig(config));
  const { hardState, confState } = raft.config.storage.initialState();
  restoreConfiguration(raft, confState);
  loadHardState(raft, hardState);
  adoptTermOfLog(raft);
  if (raft.config.applied > 0) raft.log.appliedTo(raft.config.applied, 0);
  becomeFollower(raft, raft.term, NO_NODE);
  if (raft.logger !== undefined) {
    const { log, term } = raft;
    const peers = allVoters(raft.tracker.configuration).map(hex).join(",");
    raft.logger.info(
      `newRaft ${hex(raft.id)} [peers: [${peers}], term: ${term}, commit: ${log.committed}, ` +
        `applied: ${log.applied}, lastindex: ${log.lastIndex()}, lastterm: ${log.lastTerm()}]`,
    );
  }
  return raft;
}

function loadHardState(
  raft: RaftState,
  { term, vote, commit }: { term: number; vote: bigint; commit: number },
): void {
  if (term === 0 && vote === NO_NODE && commit === 0) return;
  const { log } = raft;
  if (commit < log.committed || commit > log.lastIndex()) {
    broken(
      `${hex(raft.id)} state.commit ${commit} is out of range ` +
        `[${log.committed}, ${log.lastIndex()}]`,
    );
  }
  log.committed = commit;
  raft.term = term;
  raft.vote = vote;
}

/**
 * A crash may leave the entries of a write and lose the state that stood behind them, so that the log has
 * a newer term than the state. That term did begin, and this node did not vote in it: a vote is durable
 * before it is sent, and would be here.
 */
function adoptTermOfLog(raft: RaftState): void {
  const term = raft.log.lastTerm();
  if (term <= raft.term || raft.log.lastIndex() < raft.log.firstIndex()) return;
  raft.term = term;
  raft.vote = NO_NODE;
}
