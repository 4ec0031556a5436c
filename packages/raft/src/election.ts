import { EntryType, MessageType, type RaftMessage } from "@nodetcd/messages";
import { broadcastAppend } from "./append.ts";
import { broken } from "./errors.ts";
import { allVoters } from "./membership/configuration.ts";
import { messageTypeName, newMessage } from "./message.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./role.ts";
import { send } from "./send.ts";
import { hex, type RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/**
 * Why a node stands: `pre-election` asks first whether it could win, `election` asks for votes,
 * `transfer` asks for votes that even a leader's lease does not refuse.
 */
export type CampaignKind = "pre-election" | "election" | "transfer";

/** What a transfer's vote requests carry, so that voters know the leader wants it. */
export const TRANSFER_CONTEXT: Uint8Array = new TextEncoder().encode("CampaignTransfer");

/** Campaigns, unless this node leads already, has no vote, or has membership changes to apply. */
export function maybeCampaign(raft: RaftState, kind: CampaignKind): void {
  const { logger } = raft;
  if (raft.role === "leader") {
    logger?.debug(`${hex(raft.id)} ignoring MsgHup because already leader`);
  } else if (!isPromotable(raft)) {
    logger?.warning(`${hex(raft.id)} is unpromotable and can not campaign`);
  } else if (hasUnappliedConfChange(raft)) {
    logger?.warning(
      `${hex(raft.id)} cannot campaign at term ${raft.term} ` +
        `since there are still pending configuration changes to apply`,
    );
  } else {
    logger?.info(`${hex(raft.id)} is starting a new election at term ${raft.term}`);
    campaign(raft, kind);
  }
}

/** True for a voter whose log is not about to be replaced by a snapshot. */
export function isPromotable(raft: RaftState): boolean {
  const { self } = raft.tracker;
  return self !== undefined && !self.isLearner && raft.log.unstable.snapshot === undefined;
}

/** The configuration that committed entries make must be active before votes are counted by it. */
function hasUnappliedConfChange(raft: RaftState): boolean {
  const { log } = raft;
  const end = log.committed + 1;
  for (let low = log.applied + 1; low < end;) {
    const page = log.slice(low, end, raft.config.maxCommittedSizePerReady);
    if (page === undefined || page.length === 0) {
      return broken(`error scanning unapplied entries [${low}, ${end})`);
    }
    if (page.some((entry) => entry.type !== EntryType.EntryNormal)) return true;
    low += page.length;
  }
  return false;
}

function campaign(raft: RaftState, kind: CampaignKind): void {
  const pre = kind === "pre-election";
  if (pre) becomePreCandidate(raft);
  else becomeCandidate(raft);
  // A pre-vote is about the term that would come next.
  const term = pre ? raft.term + 1 : raft.term;
  const type = pre ? MessageType.MsgPreVote : MessageType.MsgVote;
  for (const id of allVoters(raft.tracker.configuration)) {
    if (id === raft.id) {
      // Its own vote counts once it is durable, as anybody's does.
      const vote = newMessage(responseType(type), id);
      vote.term = term;
      send(raft, vote);
    } else {
      requestVote(raft, id, type, term, kind);
    }
  }
}

function requestVote(
  raft: RaftState,
  to: bigint,
  type: MessageType,
  term: number,
  kind: CampaignKind,
): void {
  const request = newMessage(type, to);
  request.term = term;
  request.index = raft.log.lastIndex();
  request.logTerm = raft.log.lastTerm();
  if (kind === "transfer") request.context = TRANSFER_CONTEXT;
  raft.logger?.info(
    `${hex(raft.id)} [logterm: ${request.logTerm}, index: ${request.index}] sent ` +
      `${messageTypeName(type)} request to ${hex(to)} at term ${raft.term}`,
  );
  send(raft, request);
}

/** The kind of election that answers to a vote request. */
function responseType(request: MessageType): MessageType {
  return request === MessageType.MsgPreVote ? MessageType.MsgPreVoteResp : MessageType.MsgVoteResp;
}

/**
 * Grants a vote, or a pre-vote, to a candidate whose log has all that this one has, once a term
 * (paper, sections 5.2 and 5.4.1). Learners vote as well: one may have been promoted and not know.
 */
export function handleVoteRequest(raft: RaftState, request: RaftMessage): void {
  const pre = request.type === MessageType.MsgPreVote;
  const free =
    raft.vote === request.from ||
    (raft.vote === NO_NODE && raft.leader === NO_NODE) ||
    (pre && request.term > raft.term);
  const granted = free && raft.log.isUpToDate(request.logTerm, request.index);
  if (raft.logger !== undefined) {
    const verb = granted ? "cast" : "rejected";
    raft.logger.info(
      `${describeVoter(raft)} ${verb} ${messageTypeName(request.type)} ` +
        `${granted ? "for" : "from"} ${describeCandidate(request)} at term ${raft.term}`,
    );
  }
  const response = newMessage(responseType(request.type), request.from);
  // A grant answers for the term asked about: an older one would be ignored by the candidate.
  response.term = granted ? request.term : raft.term;
  response.reject = !granted;
  send(raft, response);
  if (granted && !pre) {
    raft.electionElapsed = 0;
    raft.vote = request.from;
  }
}

/** Counts a vote for this candidate, and acts when the election is decided. */
export function handleVoteResponse(raft: RaftState, response: RaftMessage): void {
  const { logger, tracker } = raft;
  const name = messageTypeName(response.type);
  logger?.info(
    `${hex(raft.id)} received ${name}${response.reject ? " rejection" : ""} ` +
      `from ${hex(response.from)} at term ${raft.term}`,
  );
  tracker.recordVote(response.from, !response.reject);
  const { granted, rejected, result } = tracker.tallyVotes();
  logger?.info(
    `${hex(raft.id)} has received ${granted} ${name} votes and ${rejected} vote rejections`,
  );
  if (result === "won") {
    if (raft.role === "pre-candidate") {
      campaign(raft, "election");
    } else {
      becomeLeader(raft);
      broadcastAppend(raft);
    }
  } else if (result === "lost") {
    // A pre-vote's response may carry a term that nobody reached: keep the own.
    becomeFollower(raft, raft.term, NO_NODE);
  }
}

/** `1 [logterm: 1, index: 11, vote: 0]` */
export function describeVoter(raft: RaftState): string {
  const { log } = raft;
  return (
    `${hex(raft.id)} [logterm: ${log.lastTerm()}, index: ${log.lastIndex()}, ` +
    `vote: ${hex(raft.vote)}]`
  );
}

/** `2 [logterm: 1, index: 11]` */
export function describeCandidate(request: RaftMessage): string {
  return `${hex(request.from)} [logterm: ${request.logTerm}, index: ${request.index}]`;
}
