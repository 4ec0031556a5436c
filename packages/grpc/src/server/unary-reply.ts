import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from "../http2/frame.ts";
import type { Connection } from "../http2/connection.ts";
import { MESSAGE_PREFIX_BYTES, writeMessagePrefix } from "../http2/send-queue.ts";
import type { Stream } from "../http2/stream.ts";
import type { ResponseBlocks } from "./response-blocks.ts";

/** Longer messages are not copied and take the general path. */
const MESSAGE_BYTES_MAX = 4 * 1024;

/**
 * Writes a whole reply, head, message and trailers, in one piece; this is the path of nearly every call.
 * False, and nothing written, when the message is long or has to wait for room. Borrows the
 * message for the call.
 */
export function writeUnaryReply(
  connection: Connection,
  stream: Stream,
  blocks: ResponseBlocks,
  message: Uint8Array,
): boolean {
  const data = MESSAGE_PREFIX_BYTES + message.length;
  if (message.length > MESSAGE_BYTES_MAX || !stream.hasRoom(data)) return false;
  const { output, encoder } = connection;
  // From here on the blocks must be sent: encoding may change the peer's table.
  const head = blocks.head.bytes(encoder);
  const trailers = blocks.ok.bytes(encoder);
  stream.spend(data);
  const id = stream.id;
  const size = 3 * FRAME_HEADER_BYTES + head.length + data + trailers.length;
  let at = output.reserve(size);
  const into = output.bytes;
  at = writeFrameHeader(into, at, head.length, FrameType.HEADERS, Flag.END_HEADERS, id);
  at = copy(head, into, at);
  at = writeFrameHeader(into, at, data, FrameType.DATA, 0, id);
  at = writeMessagePrefix(into, at, message.length);
  at = copy(message, into, at);
  const last = Flag.END_HEADERS | Flag.END_STREAM;
  at = writeFrameHeader(into, at, trailers.length, FrameType.HEADERS, last, id);
  copy(trailers, into, at);
  stream.markEnded();
  return true;
}

function copy(from: Uint8Array, into: Uint8Array, at: number): number {
  if (from.length > 32) into.set(from, at);
  else for (let i = 0; i < from.length; i++) into[at + i] = from[i]!;
  return at + from.length;
}
