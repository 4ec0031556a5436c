import { checkQuorum } from "./check-quorum.ts";
import { isPromotable, maybeCampaign } from "./election.ts";
import { broadcastHeartbeat } from "./heartbeat.ts";
import type { RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** One tick of logical time passes. */
export function tick(raft: RaftState): void {
  if (raft.role === "leader") tickLeader(raft);
  else tickElection(raft);
}

function tickElection(raft: RaftState): void {
  raft.electionElapsed++;
  if (raft.electionElapsed < raft.randomizedElectionTimeout || !isPromotable(raft)) return;
  raft.electionElapsed = 0;
  maybeCampaign(raft, raft.config.preVote ? "pre-election" : "election");
}

function tickLeader(raft: RaftState): void {
  const { electionTick, heartbeatTick } = raft.config;
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= electionTick) {
    raft.electionElapsed = 0;
    if (raft.config.checkQuorum) checkQuorum(raft);
    // A transfer that takes longer is given up, and proposals are taken again.
    raft.transferee = NO_NODE;
    if (raft.role !== "leader") return;
  }
  if (raft.heartbeatElapsed >= heartbeatTick) {
    raft.heartbeatElapsed = 0;
    broadcastHeartbeat(raft);
  }
}
