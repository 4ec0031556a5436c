import { equalBytes } from "@nodetcd/bytes";
import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { snapshotApplied } from "./applied.ts";
import { describeCandidate, describeVoter, TRANSFER_CONTEXT } from "./election.ts";
import { messageTypeName, newMessage } from "./message.ts";
import { becomeFollower } from "./role.ts";
import { send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/**
 * Compares a message's term with the own (paper, section 5.1): a newer one makes this node a
 * follower of it, an older one has nothing more to say.
 *
 * @returns true when the message is to be handled
 */
export function settleTerm(raft: RaftState, message: RaftMessage): boolean {
  if (message.term > raft.term) return handleHigherTerm(raft, message);
  handleLowerTerm(raft, message);
  return false;
}

function handleHigherTerm(raft: RaftState, message: RaftMessage): boolean {
  const { type } = message;
  const asksForVote = type === MessageType.MsgVote || type === MessageType.MsgPreVote;
  if (asksForVote && isLeaseHeld(raft) && !equalBytes(message.context, TRANSFER_CONTEXT)) {
    const remaining = raft.config.electionTick - raft.electionElapsed;
    raft.logger?.info(
      `${describeVoter(raft)} ignored ${messageTypeName(type)} from ${describeCandidate(message)} ` +
        `at term ${raft.term}: lease is not expired (remaining ticks: ${remaining})`,
    );
    return false;
  }
  // A pre-vote is about a term that nobody has reached; so is its grant, to the one who asked.
  if (type === MessageType.MsgPreVote) return true;
  if (type === MessageType.MsgPreVoteResp && !message.reject) return true;
  raft.logger?.info(
    `${hex(raft.id)} [term: ${raft.term}] received a ${messageTypeName(type)} message ` +
      `with higher term from ${hex(message.from)} [term: ${message.term}]`,
  );
  const fromLeader =
    type === MessageType.MsgApp ||
    type === MessageType.MsgHeartbeat ||
    type === MessageType.MsgSnap;
  becomeFollower(raft, message.term, fromLeader ? message.from : NO_NODE);
  return true;
}

/** A leader was heard of within the minimum election timeout: it must not lose votes (thesis, 4.2.3). */
function isLeaseHeld(raft: RaftState): boolean {
  const { checkQuorum, electionTick } = raft.config;
  return checkQuorum && raft.leader !== NO_NODE && raft.electionElapsed < electionTick;
}

function handleLowerTerm(raft: RaftState, message: RaftMessage): void {
  const { type } = message;
  const { checkQuorum, preVote } = raft.config;
  const fromLeader = type === MessageType.MsgHeartbeat || type === MessageType.MsgApp;
  if (fromLeader && (checkQuorum || preVote)) {
    // An old leader's word, or this node raised its term alone behind a partition. Its requests for
    // votes are ignored then, so only this answer can tell the leader of the newer term.
    send(raft, newMessage(MessageType.MsgAppResp, message.from));
  } else if (type === MessageType.MsgPreVote) {
    // Silence could leave a candidate with a short log and a high term stuck among the others.
    raft.logger?.info(
      `${describeVoter(raft)} rejected ${messageTypeName(type)} ` +
        `from ${describeCandidate(message)} at term ${raft.term}`,
    );
    const response = newMessage(MessageType.MsgPreVoteResp, message.from);
    response.term = raft.term;
    response.reject = true;
    send(raft, response);
  } else if (type === MessageType.MsgStorageAppendResp) {
    if (message.index !== 0) {
      // Entries may have been replaced by those of the newer term; see `storageAppendResponse`.
      raft.logger?.info(
        `${hex(raft.id)} [term: ${raft.term}] ignored entry appends from a ` +
          `${messageTypeName(type)} message with lower term [term: ${message.term}]`,
      );
    }
    // A snapshot holds what is committed, which no term can undo.
    if (message.snapshot !== undefined) snapshotApplied(raft, message.snapshot);
  } else {
    raft.logger?.info(
      `${hex(raft.id)} [term: ${raft.term}] ignored a ${messageTypeName(type)} message ` +
        `with lower term from ${hex(message.from)} [term: ${message.term}]`,
    );
  }
}
