import { Entry, MessageType, RaftMessage } from "@nodetcd/messages";
import { PeerError } from "../errors.ts";
import { APPEND_ENTRIES_MAX, MESSAGE_BYTES_MAX } from "../limits.ts";
import { ByteQueue, u64 } from "./byte-queue.ts";
import type { FrameWriter } from "./frame-writer.ts";
import type { StreamDecoder, StreamEncoder, StreamReceiver } from "./message-stream.ts";

const LINK_HEARTBEAT = 0;
/** Entries that follow the ones before: count, entries, commit; all else is known. */
const ENTRIES = 1;
/** A whole `MsgApp`, which begins a new run. */
const MESSAGE = 2;

/** Where the next append in the short form begins. */
interface Position {
  term: number;
  index: number;
}

function follow(position: Position, message: RaftMessage): void {
  position.term = message.term;
  position.index = message.entries.at(-1)?.index ?? message.index;
}

/** What is expected next. */
type Step = "type" | "count" | "size" | "entry" | "commit" | "message-size" | "message";

const STEP_BYTES: Partial<Record<Step, number>> = {
  type: 1,
  count: 8,
  size: 8,
  commit: 8,
  "message-size": 8,
};

/**
 * Frames of the stream `msgapp`, version 2. Appends that follow each other leave out what the receiver can
 * count for itself, so both sides keep the position of the last.
 */
export class AppendDecoder implements StreamDecoder {
  readonly #receiver: StreamReceiver;
  readonly #ids: { readonly from: bigint; readonly to: bigint };
  readonly #bytes = new ByteQueue();
  readonly #position: Position = { term: 0, index: 0 };
  #step: Step = "type";
  /** Bytes of the entry or message that is awaited. */
  #size = 0;
  #entriesLeft = 0;
  #entries: Entry[] = [];
  /** Bytes of this frame so far. */
  #frameBytes = 0;

  /** @param ids of the peer and of this member: the short form leaves them out */
  constructor(receiver: StreamReceiver, ids: { readonly from: bigint; readonly to: bigint }) {
    this.#receiver = receiver;
    this.#ids = ids;
  }

  feed(bytes: Uint8Array): void {
    this.#bytes.push(bytes);
    for (;;) {
      const needed = STEP_BYTES[this.#step] ?? this.#size;
      if (this.#bytes.length < needed) return;
      this.#take(this.#bytes.take(needed));
    }
  }

  #take(bytes: Uint8Array): void {
    switch (this.#step) {
      case "type":
        return this.#begin(bytes[0]!);
      case "count":
        this.#entriesLeft = this.#number(bytes, APPEND_ENTRIES_MAX, "number of entries");
        this.#step = this.#entriesLeft > 0 ? "size" : "commit";
        return;
      case "size":
        this.#size = this.#length(bytes);
        this.#step = "entry";
        return;
      case "entry":
        this.#entries.push(Entry.decode(bytes));
        this.#step = --this.#entriesLeft > 0 ? "size" : "commit";
        return;
      case "commit":
        return this.#append(this.#number(bytes, Number.MAX_SAFE_INTEGER, "commit index"));
      case "message-size":
        this.#size = this.#length(bytes);
        this.#step = "message";
        return;
      case "message":
        return this.#message(RaftMessage.decode(bytes));
    }
  }

  #begin(type: number): void {
    this.#frameBytes = 0;
    if (type === LINK_HEARTBEAT) this.#receiver.onLinkHeartbeat(1);
    else if (type === ENTRIES) this.#step = "count";
    else if (type === MESSAGE) this.#step = "message-size";
    else throw new PeerError("BAD_FRAME", `failed to parse type ${type} in msgappv2 stream`);
  }

  #number(bytes: Uint8Array, max: number, what: string): number {
    const value = u64(bytes, max);
    if (value === undefined) throw new PeerError("BAD_FRAME", `${what} exceeds the limit`);
    return value;
  }

  /** The length of an entry or message: all those of a frame together are bounded. */
  #length(bytes: Uint8Array): number {
    const length = this.#number(
      bytes,
      MESSAGE_BYTES_MAX - this.#frameBytes,
      "length of the message",
    );
    this.#frameBytes += length;
    return length;
  }

  #append(commit: number): void {
    const { term, index } = this.#position;
    const entries = this.#entries;
    this.#entries = [];
    this.#position.index += entries.length;
    this.#step = "type";
    const message: RaftMessage = {
      ...RaftMessage.create(),
      type: MessageType.MsgApp,
      ...this.#ids,
      term,
      logTerm: term,
      index,
      entries,
      commit,
    };
    this.#receiver.onMessage(message, this.#frameBytes);
  }

  #message(message: RaftMessage): void {
    follow(this.#position, message);
    this.#step = "type";
    this.#receiver.onMessage(message, this.#frameBytes);
  }
}

export class AppendEncoder implements StreamEncoder {
  readonly #position: Position = { term: 0, index: 0 };

  message(frames: FrameWriter, message: RaftMessage): number {
    const position = this.#position;
    const { term, index, logTerm, entries, commit } = message;
    if (index !== position.index || logTerm !== position.term || logTerm !== term) {
      frames.byte(MESSAGE);
      follow(position, message);
      return frames.sized(RaftMessage, message);
    }
    frames.byte(ENTRIES);
    frames.u64(entries.length);
    let bytes = 0;
    for (const entry of entries) bytes += frames.sized(Entry, entry);
    frames.u64(commit);
    position.index += entries.length;
    return bytes;
  }

  linkHeartbeat(frames: FrameWriter): number {
    frames.byte(LINK_HEARTBEAT);
    return 1;
  }
}
