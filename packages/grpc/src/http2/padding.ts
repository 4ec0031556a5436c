import { ErrorCode, Http2Error } from "../http2-error.ts";

/** End of the payload of a padded frame, whose first byte says how long the padding is. */
export function unpad(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "Padded frame is empty");
  const unpadded = end - bytes[start]!;
  if (unpadded <= start) throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "Padding is too long");
  return unpadded;
}
