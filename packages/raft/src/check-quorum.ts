import { becomeFollower } from "./role.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** A leader that has not heard of a quorum for an election timeout steps down (thesis, 6.2). */
export function checkQuorum(raft: RaftState): void {
  if (!raft.tracker.quorumActive()) {
    raft.logger?.warning(`${hex(raft.id)} stepped down to follower since quorum is not active`);
    becomeFollower(raft, raft.term, NO_NODE);
  }
  const { members, self } = raft.tracker;
  for (const member of members) if (member !== self) member.recentActive = false;
}
