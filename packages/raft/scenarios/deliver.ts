import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { RaftError } from "../src/errors.ts";
import { isLocalThread } from "../src/types.ts";
import { describeMessage } from "./describe-message.ts";
import type { Group } from "./group.ts";

/** Whose messages are delivered, or lost. */
export interface Recipient {
  readonly id: bigint;
  readonly drop: boolean;
}

/** Delivers or drops what is on its way to the recipients, in order; returns how many there were. */
export function deliverMessages(
  group: Group,
  recipients: readonly Recipient[],
  type?: MessageType,
): number {
  let count = 0;
  for (const { id, drop } of recipients) {
    const taken = group.messages.filter((message) => isFor(message, id, drop, type));
    group.messages = group.messages.filter((message) => !taken.includes(message));
    count += taken.length;
    for (const message of taken) {
      group.output.write(`${drop ? "dropped: " : ""}${describeMessage(message)}\n`);
      if (!drop) deliver(group, message);
    }
  }
  return count;
}

/** True when something is on its way to this node. */
export function hasMessages(group: Group, id: bigint): boolean {
  return group.messages.some((message) => message.to === id);
}

function deliver(group: Group, message: RaftMessage): void {
  try {
    group.node(Number(message.to)).raw.step(message);
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    group.output.write(`${error.message}\n`);
  }
}

/** What a node tells itself, directly or through a storage thread, cannot be lost. */
function isFor(message: RaftMessage, id: bigint, drop: boolean, type?: MessageType): boolean {
  if (message.to !== id || (type !== undefined && message.type !== type)) return false;
  const local = message.from === message.to || isLocalThread(message.from);
  return !(drop && local);
}
