import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from "./frame.ts";
import type { Output } from "./output.ts";

/** Writes a header block as HEADERS, and CONTINUATION frames where it does not fit into one. */
export function writeHeaders(
  output: Output,
  streamId: number,
  block: Uint8Array,
  endStream: boolean,
  frameBytesMax: number,
): void {
  let type: number = FrameType.HEADERS;
  let flags: number = endStream ? Flag.END_STREAM : 0;
  let start = 0;
  do {
    const length = Math.min(block.length - start, frameBytesMax);
    if (start + length === block.length) flags |= Flag.END_HEADERS;
    const offset = output.reserve(FRAME_HEADER_BYTES + length);
    const at = writeFrameHeader(output.bytes, offset, length, type, flags, streamId);
    output.bytes.set(block.subarray(start, start + length), at);
    start += length;
    type = FrameType.CONTINUATION;
    flags = 0;
  } while (start < block.length);
}
