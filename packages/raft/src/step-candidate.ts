import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { handleAppend } from "./append-receive.ts";
import { handleVoteResponse } from "./election.ts";
import { handleHeartbeat } from "./heartbeat.ts";
import { dropWithoutLeader } from "./proposal.ts";
import { handleSnapshot } from "./restore-snapshot.ts";
import { becomeFollower } from "./role.ts";
import { hex, type RaftState } from "./state.ts";

/** What a candidate, or pre-candidate, does with a message of its own term. */
export function stepCandidate(raft: RaftState, message: RaftMessage): void {
  switch (message.type) {
    case MessageType.MsgProp:
      return dropWithoutLeader(raft);
    // Another won the election of this term: follow it (paper, section 5.2).
    case MessageType.MsgApp:
      becomeFollower(raft, message.term, message.from);
      handleAppend(raft, message);
      return;
    case MessageType.MsgHeartbeat:
      becomeFollower(raft, message.term, message.from);
      handleHeartbeat(raft, message);
      return;
    case MessageType.MsgSnap:
      becomeFollower(raft, message.term, message.from);
      handleSnapshot(raft, message);
      return;
    case MessageType.MsgPreVoteResp:
      if (raft.role === "pre-candidate") handleVoteResponse(raft, message);
      return;
    case MessageType.MsgVoteResp:
      if (raft.role === "candidate") handleVoteResponse(raft, message);
      return;
    case MessageType.MsgTimeoutNow:
      raft.logger?.debug(
        `${hex(raft.id)} [term ${raft.term} state ${STATE_NAMES[raft.role]}] ignored ` +
          `MsgTimeoutNow from ${hex(message.from)}`,
      );
      return;
    default:
      return;
  }
}

const STATE_NAMES: Record<RaftState["role"], string> = {
  follower: "StateFollower",
  "pre-candidate": "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader",
};
