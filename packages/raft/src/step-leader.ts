import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { handleAppendResponse, handleUnreachable } from "./append-response.ts";
import { checkQuorum } from "./check-quorum.ts";
import { handleHeartbeatResponse } from "./heartbeat-response.ts";
import { broadcastHeartbeat } from "./heartbeat.ts";
import { freshEntries, proposeAsLeader } from "./proposal.ts";
import { handleReadIndex } from "./read-index.ts";
import { handleSnapshotStatus } from "./send-snapshot.ts";
import { hex, type RaftState } from "./state.ts";
import { handleTransferLeader } from "./transfer-leader.ts";

/** What a leader does with a message of its own term. */
export function stepLeader(raft: RaftState, message: RaftMessage): void {
  switch (message.type) {
    case MessageType.MsgBeat:
      broadcastHeartbeat(raft);
      return;
    case MessageType.MsgCheckQuorum:
      checkQuorum(raft);
      return;
    case MessageType.MsgProp:
      proposeAsLeader(raft, freshEntries(message.entries));
      return;
    case MessageType.MsgReadIndex:
      handleReadIndex(raft, message);
      return;
    case MessageType.MsgForgetLeader:
      return;
    default:
      stepMember(raft, message);
  }
}

/** Messages of, or about, a member of the configuration. */
function stepMember(raft: RaftState, message: RaftMessage): void {
  const progress = raft.tracker.get(message.from);
  if (progress === undefined) {
    raft.logger?.debug(`${hex(raft.id)} no progress available for ${hex(message.from)}`);
    return;
  }
  switch (message.type) {
    case MessageType.MsgAppResp:
      handleAppendResponse(raft, progress, message);
      return;
    case MessageType.MsgHeartbeatResp:
      handleHeartbeatResponse(raft, progress, message);
      return;
    case MessageType.MsgSnapStatus:
      handleSnapshotStatus(raft, progress, message);
      return;
    case MessageType.MsgUnreachable:
      handleUnreachable(raft, progress);
      return;
    case MessageType.MsgTransferLeader:
      handleTransferLeader(raft, progress, message);
      return;
    default:
      return;
  }
}
