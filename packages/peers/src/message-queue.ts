import type { RaftMessage } from "@nodetcd/messages";

/** Data bytes that a message keeps in memory. */
export function messageBytes({ entries, context, snapshot }: RaftMessage): number {
  let bytes = context.length + (snapshot?.data.length ?? 0);
  for (const { data } of entries) bytes += data.length;
  return bytes;
}

/** Messages that wait to be sent, bounded by number and by bytes; what does not fit is not taken. */
export class MessageQueue {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages: RaftMessage[] = [];
  /** Place of the oldest; what is before it is taken. */
  #first = 0;
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#messages.length - this.#first;
  }

  /** False when it is full. */
  push(message: RaftMessage): boolean {
    const bytes = messageBytes(message);
    const full = this.length >= this.#maxMessages || this.#bytes + bytes > this.#maxBytes;
    if (full && this.length > 0) return false;
    this.#messages.push(message);
    this.#bytes += bytes;
    return true;
  }

  shift(): RaftMessage | undefined {
    const message = this.#messages[this.#first];
    if (message === undefined) return undefined;
    this.#first++;
    this.#bytes -= messageBytes(message);
    if (this.#first === this.#messages.length || this.#first >= this.#maxMessages) {
      this.#messages = this.#messages.slice(this.#first);
      this.#first = 0;
    }
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
