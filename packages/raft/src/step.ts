import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { entriesApplied, snapshotApplied } from "./applied.ts";
import { handleVoteRequest, maybeCampaign } from "./election.ts";
import { entriesSize, payloadSize } from "./entry.ts";
import { stepCandidate } from "./step-candidate.ts";
import { stepFollower } from "./step-follower.ts";
import { stepLeader } from "./step-leader.ts";
import type { RaftState } from "./state.ts";
import { settleTerm } from "./term.ts";

/**
 * Takes a message in: first its term, then what every role does alike, then what the role does. The
 * message is borrowed for good and never changed.
 *
 * @throws RaftError PROPOSAL_DROPPED when it was a proposal and is not accepted
 */
export function step(raft: RaftState, message: RaftMessage): void {
  // Local messages have no term.
  if (message.term !== 0 && message.term !== raft.term && !settleTerm(raft, message)) return;
  switch (message.type) {
    case MessageType.MsgHup:
      maybeCampaign(raft, raft.config.preVote ? "pre-election" : "election");
      return;
    case MessageType.MsgVote:
    case MessageType.MsgPreVote:
      handleVoteRequest(raft, message);
      return;
    case MessageType.MsgStorageAppendResp:
      if (message.index !== 0) raft.log.unstable.stableTo(message.logTerm, message.index);
      if (message.snapshot !== undefined) snapshotApplied(raft, message.snapshot);
      return;
    case MessageType.MsgStorageApplyResp: {
      const { entries } = message;
      if (entries.length === 0) return;
      const last = entries[entries.length - 1]!.index;
      entriesApplied(raft, last, entriesSize(entries), payloadSize(entries));
      return;
    }
    default:
      if (raft.role === "leader") stepLeader(raft, message);
      else if (raft.role === "follower") stepFollower(raft, message);
      else stepCandidate(raft, message);
  }
}
