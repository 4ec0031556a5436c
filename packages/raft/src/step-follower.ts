import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { handleAppend } from "./append-receive.ts";
import { maybeCampaign } from "./election.ts";
import { forgetLeader } from "./forget-leader.ts";
import { handleHeartbeat } from "./heartbeat.ts";
import { proposeAsFollower } from "./proposal.ts";
import { forwardReadIndex, handleReadIndexResponse } from "./read-index.ts";
import { handleSnapshot } from "./restore-snapshot.ts";
import { hex, type RaftState } from "./state.ts";
import { forwardTransferLeader } from "./transfer-leader.ts";

/** What a follower does with a message of its own term. */
export function stepFollower(raft: RaftState, message: RaftMessage): void {
  switch (message.type) {
    case MessageType.MsgProp:
      proposeAsFollower(raft, message);
      return;
    case MessageType.MsgApp:
      hearLeader(raft, message);
      handleAppend(raft, message);
      return;
    case MessageType.MsgHeartbeat:
      hearLeader(raft, message);
      handleHeartbeat(raft, message);
      return;
    case MessageType.MsgSnap:
      hearLeader(raft, message);
      handleSnapshot(raft, message);
      return;
    case MessageType.MsgTransferLeader:
      forwardTransferLeader(raft, message);
      return;
    case MessageType.MsgForgetLeader:
      forgetLeader(raft);
      return;
    case MessageType.MsgTimeoutNow:
      raft.logger?.info(
        `${hex(raft.id)} [term ${raft.term}] received MsgTimeoutNow from ${hex(message.from)} ` +
          `and starts an election to get leadership.`,
      );
      // No pre-vote: the leader itself wants it, there is no partition to come back from.
      maybeCampaign(raft, "transfer");
      return;
    case MessageType.MsgReadIndex:
      forwardReadIndex(raft, message);
      return;
    case MessageType.MsgReadIndexResp:
      handleReadIndexResponse(raft, message);
      return;
    default:
      return;
  }
}

/** The leader of this term is there: no election. */
function hearLeader(raft: RaftState, message: RaftMessage): void {
  raft.electionElapsed = 0;
  raft.leader = message.from;
}
