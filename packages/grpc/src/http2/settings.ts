import {
  FRAME_HEADER_BYTES,
  FrameType,
  readUint32,
  writeFrameHeader,
  writeUint32,
} from "./frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";

/** Setting identifiers (RFC 9113 section 6.5.2). */
export const Setting = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
} as const;

const SETTING_BYTES = 6;

/** A SETTINGS frame with these values, owned by the caller. */
export function settingsFrame(
  settings: readonly (readonly [id: number, value: number])[],
): Uint8Array {
  const length = settings.length * SETTING_BYTES;
  const frame = new Uint8Array(FRAME_HEADER_BYTES + length);
  let offset = writeFrameHeader(frame, 0, length, FrameType.SETTINGS, 0, 0);
  for (const [id, value] of settings) {
    frame[offset] = id >>> 8;
    frame[offset + 1] = id;
    offset = writeUint32(frame, offset + 2, value);
  }
  return frame;
}

/** Calls `take` for each setting of a frame's payload, after checking its value. */
export function readSettings(
  bytes: Uint8Array,
  start: number,
  end: number,
  take: (id: number, value: number) => void,
): void {
  if ((end - start) % SETTING_BYTES !== 0) {
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS is not a list of settings");
  }
  for (let at = start; at < end; at += SETTING_BYTES) {
    const id = (bytes[at]! << 8) | bytes[at + 1]!;
    const value = readUint32(bytes, at + 2);
    checkSetting(id, value);
    take(id, value);
  }
}

function checkSetting(id: number, value: number): void {
  if (id === Setting.ENABLE_PUSH && value > 1) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is neither 0 nor 1");
  }
  if (id === Setting.INITIAL_WINDOW_SIZE && value > 0x7fff_ffff) {
    throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is too large");
  }
  if (id === Setting.MAX_FRAME_SIZE && (value < 16_384 || value > 16_777_215)) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "MAX_FRAME_SIZE is out of range");
  }
}
