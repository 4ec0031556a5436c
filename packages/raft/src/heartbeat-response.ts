import type { RaftMessage } from "@nodetcd/messages";
import { maybeSendAppend } from "./append.ts";
import type { Progress } from "./progress/progress.ts";
import { confirmReads } from "./read-index.ts";
import type { RaftState } from "./state.ts";

/**
 * A member is there: it may be sent to again, if it lacks something or is to be probed. With a full
 * window that is an empty append, whose answer tells whether the appends in flight were lost.
 */
export function handleHeartbeatResponse(
  raft: RaftState,
  progress: Progress,
  response: RaftMessage,
): void {
  progress.recentActive = true;
  progress.paused = false;
  if (progress.match < raft.log.lastIndex() || progress.state === "probe") {
    maybeSendAppend(raft, progress, true);
  }
  confirmReads(raft, progress, response.context);
}
