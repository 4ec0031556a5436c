import { readUint31 } from "./frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";

/** Stream dependency (4 bytes) and weight: deprecated by RFC 9113, checked and ignored. */
export const PRIORITY_BYTES = 5;

export function checkPriority(
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start !== PRIORITY_BYTES) {
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY has a wrong length", streamId);
  }
  if (readUint31(bytes, start) === streamId) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "A stream depends on itself", streamId);
  }
}
