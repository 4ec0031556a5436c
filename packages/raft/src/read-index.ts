import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { hasCommittedInTerm } from "./append.ts";
import { broadcastHeartbeat } from "./heartbeat.ts";
import { MAX_WAITING_READS } from "./limits.ts";
import { newMessage } from "./message.ts";
import type { Progress } from "./progress/progress.ts";
import { newestReadPosition, readPosition } from "./read-position.ts";
import { forwardToLeader, send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** The leader takes a linearizable read (thesis, section 6.4). */
export function handleReadIndex(raft: RaftState, request: RaftMessage): void {
  if (request.entries.length !== 1) {
    raft.logger?.error(
      `${hex(raft.id)} invalid format of MsgReadIndex from ${hex(request.from)}, ` +
        `entries count: ${request.entries.length}`,
    );
    return;
  }
  if (Math.max(raft.waitingReads.length, raft.earlyReads.length) >= MAX_WAITING_READS) {
    raft.logger?.warning(`${hex(raft.id)} too many reads are waiting; dropping index reading msg`);
    return;
  }
  if (hasCommittedInTerm(raft)) {
    confirm(raft, request);
  } else {
    // Until then its commit index may be older than what the last leader committed: even alone,
    // for a commit index that was not written yet is lost in a crash.
    raft.earlyReads.push(request);
  }
}

/** The first entry of the leader's term is committed: reads that waited for it go ahead. */
export function releaseEarlyReads(raft: RaftState): void {
  if (raft.earlyReads.length === 0) return;
  if (!hasCommittedInTerm(raft)) {
    raft.logger?.error(
      "pending MsgReadIndex should be released only after first commit in current term",
    );
    return;
  }
  const reads = raft.earlyReads;
  raft.earlyReads = [];
  for (const request of reads) confirm(raft, request);
}

/** Makes sure, as the option says, that no other node leads by now. */
function confirm(raft: RaftState, request: RaftMessage): void {
  if (raft.tracker.isSingleton || raft.config.readOnlyOption === "lease-based") {
    answer(raft, request, raft.log.committed);
    return;
  }
  raft.waitingReads.push({ request, index: raft.log.committed });
  const { self } = raft.tracker;
  if (self !== undefined) self.ackedRead = newestReadPosition(raft);
  broadcastHeartbeat(raft);
}

/** A member answered a heartbeat, so it had no other leader: reads up to the one it carried. */
export function confirmReads(raft: RaftState, progress: Progress, context: Uint8Array): void {
  if (raft.config.readOnlyOption !== "safe" || context.length === 0) return;
  progress.ackedRead = Math.max(progress.ackedRead, readPosition(context));
  const confirmed = Math.min(raft.tracker.confirmedRead(), newestReadPosition(raft));
  if (confirmed <= raft.confirmedReads) return;
  const reads = raft.waitingReads.splice(0, confirmed - raft.confirmedReads);
  raft.confirmedReads = confirmed;
  for (const { request, index } of reads) answer(raft, request, index);
}

function answer(raft: RaftState, request: RaftMessage, index: number): void {
  if (request.from === NO_NODE || request.from === raft.id) {
    raft.readStates.push({ index, context: request.entries[0]!.data });
    return;
  }
  const response = newMessage(MessageType.MsgReadIndexResp, request.from);
  response.index = index;
  response.entries = request.entries;
  send(raft, response);
}

/** A follower passes a read on; without a leader it is lost, and the caller asks again. */
export function forwardReadIndex(raft: RaftState, request: RaftMessage): void {
  if (raft.leader === NO_NODE) {
    raft.logger?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping index reading msg`);
    return;
  }
  forwardToLeader(raft, request);
}

/** The leader answered a read that this follower passed on. */
export function handleReadIndexResponse(raft: RaftState, response: RaftMessage): void {
  if (response.entries.length !== 1) {
    raft.logger?.error(
      `${hex(raft.id)} invalid format of MsgReadIndexResp from ${hex(response.from)}, ` +
        `entries count: ${response.entries.length}`,
    );
    return;
  }
  raft.readStates.push({ index: response.index, context: response.entries[0]!.data });
}
