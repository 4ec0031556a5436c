import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { newMessage } from "./message.ts";
import type { Progress } from "./progress/progress.ts";
import { heartbeatContext } from "./read-position.ts";
import { send } from "./send.ts";
import type { RaftState } from "./state.ts";

/** Tells every member that the leader is there; the newest unconfirmed read rides along. */
export function broadcastHeartbeat(raft: RaftState): void {
  const context = heartbeatContext(raft);
  const { members, self } = raft.tracker;
  for (const member of members) if (member !== self) sendHeartbeat(raft, member, context);
}

function sendHeartbeat(raft: RaftState, progress: Progress, context: Uint8Array): void {
  const message = newMessage(MessageType.MsgHeartbeat, progress.id);
  // Never beyond what the member is known to hold: its log may differ after that.
  message.commit = Math.min(progress.match, raft.log.committed);
  message.context = context;
  send(raft, message);
  progress.sentCommit = message.commit;
}

/** A follower commits as far as the leader says, and answers. */
export function handleHeartbeat(raft: RaftState, message: RaftMessage): void {
  raft.log.commitTo(message.commit);
  const response = newMessage(MessageType.MsgHeartbeatResp, message.from);
  response.context = message.context;
  send(raft, response);
}
