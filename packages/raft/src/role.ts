import { appendEntries } from "./append.ts";
import { normalEntry } from "./entry.ts";
import { broken } from "./errors.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** Follows `leader` (which may be unknown) in `term`. */
export function becomeFollower(raft: RaftState, term: number, leader: bigint): void {
  restartTerm(raft, term);
  raft.leader = leader;
  raft.role = "follower";
  raft.logger?.info(`${hex(raft.id)} became follower at term ${raft.term}`);
}

/** Stands for election in the next term, with its own vote. */
export function becomeCandidate(raft: RaftState): void {
  if (raft.role === "leader") broken("invalid transition [leader -> candidate]");
  restartTerm(raft, raft.term + 1);
  raft.vote = raft.id;
  raft.role = "candidate";
  raft.logger?.info(`${hex(raft.id)} became candidate at term ${raft.term}`);
}

/** Asks whether it could win the next term; its own term and vote stay (thesis, section 9.6). */
export function becomePreCandidate(raft: RaftState): void {
  if (raft.role === "leader") broken("invalid transition [leader -> pre-candidate]");
  raft.tracker.resetVotes();
  raft.leader = NO_NODE;
  raft.role = "pre-candidate";
  raft.logger?.info(`${hex(raft.id)} became pre-candidate at term ${raft.term}`);
}

/** Leads the term it was elected for, beginning with an empty entry (paper, section 8). */
export function becomeLeader(raft: RaftState): void {
  if (raft.role === "follower") broken("invalid transition [follower -> leader]");
  restartTerm(raft, raft.term);
  raft.leader = raft.id;
  raft.role = "leader";
  const { self } = raft.tracker;
  if (self === undefined) return broken("a leader is not in its own configuration");
  self.becomeReplicate();
  self.recentActive = true;
  // There may be a membership change anywhere in the uncommitted tail: wait for all of it rather
  // than read it through.
  raft.pendingConfIndex = raft.log.lastIndex();
  if (!appendEntries(raft, [normalEntry()])) broken("empty entry was dropped");
  raft.logger?.info(`${hex(raft.id)} became leader at term ${raft.term}`);
}

/** Draws the election timeout anew, so that rivals are unlikely to stand at once (paper, 5.2). */
export function resetElectionTimeout(raft: RaftState): void {
  const { electionTick, random } = raft.config;
  raft.randomizedElectionTimeout = electionTick + random(electionTick);
}

/** Everything that belongs to a role and a term begins anew. */
function restartTerm(raft: RaftState, term: number): void {
  if (raft.term !== term) {
    raft.term = term;
    raft.vote = NO_NODE;
  }
  raft.leader = NO_NODE;
  raft.electionElapsed = 0;
  raft.heartbeatElapsed = 0;
  resetElectionTimeout(raft);
  raft.transferee = NO_NODE;
  raft.tracker.resetVotes();
  const { members, self } = raft.tracker;
  const last = raft.log.lastIndex();
  for (const member of members) member.restart(last, member === self);
  raft.pendingConfIndex = 0;
  raft.uncommittedBytes = 0;
  raft.waitingReads = [];
  raft.confirmedReads = 0;
}
