import { FrameType } from "./frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";

/** Whether a frame type belongs to a stream, to the connection, or to either. */
const PLACE: readonly ("stream" | "connection" | "either")[] = [
  "stream", // DATA
  "stream", // HEADERS
  "stream", // PRIORITY
  "stream", // RST_STREAM
  "connection", // SETTINGS
  "stream", // PUSH_PROMISE
  "connection", // PING
  "connection", // GOAWAY
  "either", // WINDOW_UPDATE
  "stream", // CONTINUATION
];

/** Checks what RFC 9113 section 6 demands of a frame's stream id and length, its content apart. */
export function checkFrame(type: number, streamId: number, length: number): void {
  const place = PLACE[type];
  if (place === "stream" && streamId === 0) throw protocolError(type, "needs a stream");
  if (place === "connection" && streamId !== 0) throw protocolError(type, "is not for a stream");
  const fits =
    type === FrameType.PING
      ? length === 8
      : type === FrameType.RST_STREAM || type === FrameType.WINDOW_UPDATE
        ? length === 4
        : type !== FrameType.GOAWAY || length >= 8;
  if (!fits) {
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, `Frame of type ${type} has a wrong length`);
  }
}

function protocolError(type: number, problem: string): Http2Error {
  return new Http2Error(ErrorCode.PROTOCOL_ERROR, `Frame of type ${type} ${problem}`);
}
