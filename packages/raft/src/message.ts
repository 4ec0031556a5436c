import { MessageType, NO_BYTES, type RaftMessage } from "@nodetcd/messages";
import { NO_ENTRIES } from "./entry.ts";
import { NO_NODE } from "./types.ts";

const NO_RESPONSES: RaftMessage[] = [];

/** A message to `to` with all else at its default; `send` fills in sender and term. */
export function newMessage(type: MessageType, to: bigint): RaftMessage {
  return {
    type,
    to,
    from: NO_NODE,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: NO_ENTRIES,
    commit: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: NO_BYTES,
    vote: NO_NODE,
    responses: NO_RESPONSES,
  };
}

function flags(...types: MessageType[]): readonly boolean[] {
  const table = Object.values(MessageType).map(() => false);
  for (const type of types) table[type] = true;
  return table;
}

const LOCAL = flags(
  MessageType.MsgHup,
  MessageType.MsgBeat,
  MessageType.MsgUnreachable,
  MessageType.MsgSnapStatus,
  MessageType.MsgCheckQuorum,
  MessageType.MsgStorageAppend,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApply,
  MessageType.MsgStorageApplyResp,
);

const RESPONSE = flags(
  MessageType.MsgAppResp,
  MessageType.MsgVoteResp,
  MessageType.MsgHeartbeatResp,
  MessageType.MsgUnreachable,
  MessageType.MsgReadIndexResp,
  MessageType.MsgPreVoteResp,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApplyResp,
);

const VOTE = flags(
  MessageType.MsgVote,
  MessageType.MsgVoteResp,
  MessageType.MsgPreVote,
  MessageType.MsgPreVoteResp,
);

const AFTER_APPEND = flags(
  MessageType.MsgAppResp,
  MessageType.MsgVoteResp,
  MessageType.MsgPreVoteResp,
);

const TYPE_NAMES = Object.keys(MessageType);

/** `MsgApp` for 3: the name that log lines have. */
export function messageTypeName(type: MessageType): string {
  return TYPE_NAMES[type]!;
}

/** True for messages that a node tells itself and never takes from the network. */
export function isLocalMessage(type: MessageType): boolean {
  return LOCAL[type]!;
}

/** True for messages that only a member of the configuration has reason to send. */
export function isResponse(type: MessageType): boolean {
  return RESPONSE[type]!;
}

/** True for messages of elections, which carry the term they are about. */
export function isVoteMessage(type: MessageType): boolean {
  return VOTE[type]!;
}

/** True for messages that promise something, and so must not leave before it is written. */
export function promisesDurability(type: MessageType): boolean {
  return AFTER_APPEND[type]!;
}
