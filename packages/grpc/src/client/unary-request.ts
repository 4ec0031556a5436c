import type { EncodedBlock } from "../hpack/encoded-block.ts";
import type { Connection } from "../http2/connection.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from "../http2/frame.ts";
import { MESSAGE_PREFIX_BYTES, writeMessagePrefix } from "../http2/send-queue.ts";
import type { Stream } from "../http2/stream.ts";

/** Longer messages are not copied and take the general path. */
const MESSAGE_BYTES_MAX = 4 * 1024;

/**
 * Writes a whole request in one piece. False, and nothing written, when the message is long or has to
 * wait for room. Borrows the message for the call.
 */
export function writeUnaryRequest(
  connection: Connection,
  stream: Stream,
  block: EncodedBlock,
  message: Uint8Array,
): boolean {
  const data = MESSAGE_PREFIX_BYTES + message.length;
  if (message.length > MESSAGE_BYTES_MAX || !stream.hasRoom(data)) return false;
  const { output } = connection;
  stream.sendHeaders(block, false);
  stream.spend(data);
  let at = output.reserve(FRAME_HEADER_BYTES + data);
  const into = output.bytes;
  at = writeFrameHeader(into, at, data, FrameType.DATA, Flag.END_STREAM, stream.id);
  at = writeMessagePrefix(into, at, message.length);
  into.set(message, at);
  stream.markEnded();
  return true;
}
