import { assert } from "@nodetcd/bytes";
import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader, writeUint32 } from "./frame.ts";
import type { Output } from "./output.ts";

/** Compressed flag (1 byte) and length (4 bytes) before each gRPC message. */
export const MESSAGE_PREFIX_BYTES = 5;

/** Borrowed gRPC messages that wait for room, cut into DATA frames as room comes. */
export class SendQueue {
  readonly #messages: Uint8Array[] = [];
  #first = 0;
  /** Bytes of the first message, prefix included, that have left already. */
  #sent = 0;
  /** Bytes that have not left, prefixes included. */
  bytes = 0;

  /** Returns by how much `bytes` grew. */
  add(message: Uint8Array): number {
    this.#messages.push(message);
    this.bytes += MESSAGE_PREFIX_BYTES + message.length;
    return MESSAGE_PREFIX_BYTES + message.length;
  }

  /** Adds borrowed bytes without a prefix, to an empty queue only; returns by how much `bytes` grew. */
  addRaw(body: Uint8Array): number {
    assert(this.bytes === 0, "SendQueue.addRaw: the queue is not empty");
    this.#messages.push(body);
    this.#sent = MESSAGE_PREFIX_BYTES;
    this.bytes = body.length;
    return body.length;
  }

  /** How long the next frame's payload is when there is room for `room` bytes: of one message only. */
  frameBytes(room: number): number {
    return Math.min(room, this.#messages[this.#first]!.length + MESSAGE_PREFIX_BYTES - this.#sent);
  }

  /** Writes a DATA frame with the next `length` bytes, which must not exceed `frameBytes`. */
  writeFrame(output: Output, streamId: number, length: number, flags: number): void {
    const message = this.#messages[this.#first]!;
    const prefix = Math.min(length, Math.max(0, MESSAGE_PREFIX_BYTES - this.#sent));
    const offset = output.reserve(FRAME_HEADER_BYTES + prefix);
    const into = output.bytes;
    let at = writeFrameHeader(
      into,
      offset,
      length,
      FrameType.DATA,
      flags & Flag.END_STREAM,
      streamId,
    );
    for (let i = this.#sent; i < this.#sent + prefix; i++) {
      into[at++] = i === 0 ? 0 : (message.length >>> (8 * (4 - i))) & 0xff;
    }
    const from = this.#sent + prefix - MESSAGE_PREFIX_BYTES;
    if (length > prefix) output.push(message.subarray(from, from + length - prefix));
    this.#sent += length;
    this.bytes -= length;
    if (this.#sent === message.length + MESSAGE_PREFIX_BYTES) this.#next();
  }

  #next(): void {
    this.#sent = 0;
    this.#first++;
    if (this.#first > 32 && this.#first * 2 > this.#messages.length) {
      this.#messages.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

/** Writes the five bytes before a message of this length; returns the offset after them. */
export function writeMessagePrefix(into: Uint8Array, offset: number, length: number): number {
  into[offset] = 0;
  return writeUint32(into, offset + 1, length);
}
