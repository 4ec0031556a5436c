import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader, writeUint32 } from "./frame.ts";
import type { ErrorCode } from "../http2-error.ts";
import type { Output } from "./output.ts";

export function writeWindowUpdate(output: Output, streamId: number, increment: number): void {
  const offset = output.reserve(FRAME_HEADER_BYTES + 4);
  const at = writeFrameHeader(output.bytes, offset, 4, FrameType.WINDOW_UPDATE, 0, streamId);
  writeUint32(output.bytes, at, increment);
}

export function writeReset(output: Output, streamId: number, code: ErrorCode): void {
  const offset = output.reserve(FRAME_HEADER_BYTES + 4);
  const at = writeFrameHeader(output.bytes, offset, 4, FrameType.RST_STREAM, 0, streamId);
  writeUint32(output.bytes, at, code);
}

export function writeSettingsAck(output: Output): void {
  const offset = output.reserve(FRAME_HEADER_BYTES);
  writeFrameHeader(output.bytes, offset, 0, FrameType.SETTINGS, Flag.ACK, 0);
}

/** `data` is the eight bytes of the PING. */
export function writePing(output: Output, flags: number, data: Uint8Array): void {
  const offset = output.reserve(FRAME_HEADER_BYTES + 8);
  const at = writeFrameHeader(output.bytes, offset, 8, FrameType.PING, flags, 0);
  output.bytes.set(data, at);
}

export function writeGoAway(
  output: Output,
  lastStreamId: number,
  code: ErrorCode,
  text: string,
): void {
  const data = Buffer.from(text, "latin1");
  const offset = output.reserve(FRAME_HEADER_BYTES + 8 + data.length);
  const into = output.bytes;
  let at = writeFrameHeader(into, offset, 8 + data.length, FrameType.GOAWAY, 0, 0);
  at = writeUint32(into, at, lastStreamId);
  at = writeUint32(into, at, code);
  into.set(data, at);
}
