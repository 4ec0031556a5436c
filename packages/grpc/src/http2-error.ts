/** Error codes of HTTP/2 (RFC 9113 section 7). */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** What a peer did against the protocol: ends one stream (`streamId` > 0) or the connection (0). */
export class Http2Error extends Error {
  override readonly name = "Http2Error";
  readonly code: ErrorCode;
  readonly streamId: number;

  constructor(code: ErrorCode, message: string, streamId = 0) {
    super(message);
    this.code = code;
    this.streamId = streamId;
  }
}
