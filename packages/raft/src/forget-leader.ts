import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/**
 * A follower forgets its leader, so that it may vote for another at once: for callers who know by
 * other means that the leader is gone. Its term and log stay, and the next word of the leader makes
 * it follow again.
 */
export function forgetLeader(raft: RaftState): void {
  if (raft.role !== "follower") return;
  if (raft.config.readOnlyOption === "lease-based") {
    // The leader's lease rests on its followers not voting.
    raft.logger?.error("ignoring MsgForgetLeader due to ReadOnlyLeaseBased");
    return;
  }
  if (raft.leader === NO_NODE) return;
  raft.logger?.info(`${hex(raft.id)} forgetting leader ${hex(raft.leader)} at term ${raft.term}`);
  raft.leader = NO_NODE;
}
