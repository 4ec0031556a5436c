import { concatBytes } from "@nodetcd/bytes";
import { CONTINUATIONS_MAX, HEADER_BLOCK_BYTES_MAX } from "../limits.ts";
import type { AbuseGuard } from "./abuse-guards.ts";
import { Flag, FrameType, readUint31 } from "./frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import { unpad } from "./padding.ts";
import { PRIORITY_BYTES } from "./priority.ts";

/** A complete header block; borrowed until the next one is taken. */
export interface HeaderBlock {
  bytes: Uint8Array;
  start: number;
  end: number;
  endStream: boolean;
}

/** Puts header blocks together from HEADERS and CONTINUATION frames. Most take one frame: no copy. */
export class HeaderBlockReader {
  readonly #emptyGuard: AbuseGuard;
  /** Handed out again and again. */
  readonly #block: HeaderBlock = { bytes: new Uint8Array(0), start: 0, end: 0, endStream: false };
  #streamId = 0;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(emptyGuard: AbuseGuard) {
    this.#emptyGuard = emptyGuard;
  }

  /** True between a HEADERS frame without END_HEADERS and the last CONTINUATION. */
  get open(): boolean {
    return this.#streamId !== 0;
  }

  /** Takes a HEADERS or CONTINUATION frame; the block once it is complete. */
  take(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): HeaderBlock | undefined {
    const block = this.#block;
    const last = (flags & Flag.END_HEADERS) !== 0;
    if (type === FrameType.HEADERS) {
      block.bytes = bytes;
      block.start = start;
      block.end = end;
      block.endStream = (flags & Flag.END_STREAM) !== 0;
      strip(block, flags, streamId);
      if (last) return block;
      this.#streamId = streamId;
      this.#pieces = [bytes.subarray(block.start, block.end)];
      this.#length = block.end - block.start;
      return undefined;
    }
    this.#continue(streamId, bytes, start, end, last);
    return last ? this.#join() : undefined;
  }

  #continue(streamId: number, bytes: Uint8Array, start: number, end: number, last: boolean): void {
    if (streamId !== this.#streamId || streamId === 0) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without its HEADERS");
    }
    if (end === start && !last) this.#emptyGuard.count();
    this.#pieces.push(bytes.subarray(start, end));
    this.#length += end - start;
    if (this.#length > HEADER_BLOCK_BYTES_MAX || this.#pieces.length > CONTINUATIONS_MAX + 1) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "Header block is too long");
    }
  }

  #join(): HeaderBlock {
    const block = this.#block;
    block.bytes = concatBytes(this.#pieces);
    block.start = 0;
    block.end = block.bytes.length;
    this.#pieces = [];
    this.#streamId = 0;
    return block;
  }
}

/** Takes padding and priority off the payload of HEADERS. */
function strip(block: HeaderBlock, flags: number, streamId: number): void {
  if ((flags & Flag.PADDED) !== 0) {
    block.end = unpad(block.bytes, block.start, block.end);
    block.start++;
  }
  if ((flags & Flag.PRIORITY) === 0) return;
  if (block.end - block.start < PRIORITY_BYTES) {
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "HEADERS is too short for its priority");
  }
  // Ends the connection, so that the block after it need not be decoded.
  if (readUint31(block.bytes, block.start) === streamId) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "A stream depends on itself");
  }
  block.start += PRIORITY_BYTES;
}
