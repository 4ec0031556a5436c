import { MessageType, type Entry } from "@nodetcd/messages";
import { NO_ENTRIES, payloadSize } from "./entry.ts";
import { UNKNOWN_TERM } from "./log.ts";
import { newMessage } from "./message.ts";
import type { Progress } from "./progress/progress.ts";
import { maybeSendSnapshot } from "./send-snapshot.ts";
import { send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";

/**
 * Appends entries to the leader's own log and stamps them with term and index: they must be fresh.
 * Its own acknowledgement follows once they are written, as a follower's does.
 *
 * @returns false when that would exceed the bound on uncommitted proposals; nothing is appended
 */
export function appendEntries(raft: RaftState, entries: Entry[]): boolean {
  const bytes = payloadSize(entries);
  const uncommitted = raft.uncommittedBytes;
  // What has no data is never refused: a leader's first entry, and leaving a joint configuration.
  if (uncommitted > 0 && bytes > 0 && uncommitted + bytes > raft.config.maxUncommittedEntriesSize) {
    raft.logger?.warning(
      `${hex(raft.id)} appending new entries to log would exceed uncommitted entry size limit; ` +
        `dropping proposal`,
    );
    return false;
  }
  raft.uncommittedBytes = uncommitted + bytes;
  let index = raft.log.lastIndex();
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    entry.term = raft.term;
    entry.index = ++index;
  }
  const acknowledgement = newMessage(MessageType.MsgAppResp, raft.id);
  acknowledgement.index = raft.log.append(entries);
  send(raft, acknowledgement);
  return true;
}

/** Sends every follower what it lacks, or at least the commit index. */
export function broadcastAppend(raft: RaftState): void {
  const { members, self } = raft.tracker;
  for (let i = 0; i < members.length; i++) {
    const member = members[i]!;
    if (member !== self) maybeSendAppend(raft, member, true);
  }
}

/**
 * Sends a follower the entries it lacks, or a snapshot when they are compacted, unless it is paused.
 *
 * @param sendIfEmpty also without entries, to tell the commit index or to probe
 * @returns true when something was sent
 */
export function maybeSendAppend(
  raft: RaftState,
  progress: Progress,
  sendIfEmpty: boolean,
): boolean {
  if (progress.isPaused) return false;
  const { log } = raft;
  const previousIndex = progress.next - 1;
  const previousTerm = log.term(previousIndex);
  if (previousTerm === UNKNOWN_TERM) return maybeSendSnapshot(raft, progress);

  // With a full window only empty appends are sent: their answers tell whether all those in flight
  // were lost.
  const windowFull = progress.state === "replicate" && progress.inflights.full;
  const entries = windowFull
    ? NO_ENTRIES
    : log.entriesFrom(progress.next, raft.config.maxSizePerMessage);
  if (entries === undefined) return sendIfEmpty && maybeSendSnapshot(raft, progress);
  if (entries.length === 0 && !sendIfEmpty) return false;

  const message = newMessage(MessageType.MsgApp, progress.id);
  message.index = previousIndex;
  message.logTerm = previousTerm;
  message.entries = entries;
  message.commit = log.committed;
  send(raft, message);
  progress.sentEntries(entries.length, payloadSize(entries));
  progress.sentCommit = log.committed;
  return true;
}

/**
 * Commits what a quorum holds, if it is of the leader's own term: older entries are committed by the
 * first of its own that follows them (paper, section 5.4.2).
 *
 * @returns true when the commit index rose; followers are to be told then
 */
export function maybeCommit(raft: RaftState): boolean {
  const { log } = raft;
  const index = raft.tracker.committedIndex();
  if (index <= log.committed || !log.matches(raft.term, index)) return false;
  log.commitTo(index);
  return true;
}

/** True when an entry of the current term is committed, so that the commit index is up to date. */
export function hasCommittedInTerm(raft: RaftState): boolean {
  return raft.log.term(raft.log.committed) === raft.term;
}
