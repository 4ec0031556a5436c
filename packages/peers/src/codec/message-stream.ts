import { MessageType, RaftMessage } from "@nodetcd/messages";
import { PeerError } from "../errors.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";
import { ByteQueue, u64 } from "./byte-queue.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** Takes frames of a stream apart, however they are cut. */
export interface StreamDecoder {
  /**
   * @param bytes borrowed for good: messages hold views of them
   * @throws PeerError BAD_FRAME, WireError; the stream is of no use then
   */
  feed(bytes: Uint8Array): void;
}

/** Writes the frames of one stream, in order. */
export interface StreamEncoder {
  /** Returns the bytes of the message as the counters count them. */
  message(frames: FrameWriter, message: RaftMessage): number;
  linkHeartbeat(frames: FrameWriter): number;
}

/** What a decoder tells: a message (borrowed for good), or that the other side is there. */
export interface StreamReceiver {
  onMessage(message: RaftMessage, bytes: number): void;
  onLinkHeartbeat(bytes: number): void;
}

const LINK_HEARTBEAT = { type: MessageType.MsgHeartbeat };

/** True for the message that says nothing but that its sender is there. */
export function isLinkHeartbeat({ type, from, to }: RaftMessage): boolean {
  return type === MessageType.MsgHeartbeat && from === 0n && to === 0n;
}

/** Frames of the stream `message`: eight bytes of length, and a raft message. */
export class MessageDecoder implements StreamDecoder {
  readonly #receiver: StreamReceiver;
  readonly #bytes = new ByteQueue();
  #length: number | undefined;

  constructor(receiver: StreamReceiver) {
    this.#receiver = receiver;
  }

  feed(bytes: Uint8Array): void {
    this.#bytes.push(bytes);
    for (;;) {
      if (this.#length === undefined) {
        if (this.#bytes.length < 8) return;
        this.#length = u64(this.#bytes.take(8), MESSAGE_BYTES_MAX);
        if (this.#length === undefined) {
          throw new PeerError("BAD_FRAME", "length of the message exceeds the limit");
        }
      }
      if (this.#bytes.length < this.#length) return;
      const message = RaftMessage.decode(this.#bytes.take(this.#length));
      const length = this.#length;
      this.#length = undefined;
      if (isLinkHeartbeat(message)) this.#receiver.onLinkHeartbeat(length);
      else this.#receiver.onMessage(message, length);
    }
  }
}

export class MessageEncoder implements StreamEncoder {
  message(frames: FrameWriter, message: RaftMessage): number {
    return frames.sized(RaftMessage, message);
  }

  linkHeartbeat(frames: FrameWriter): number {
    return frames.sized(RaftMessage, LINK_HEARTBEAT);
  }
}
