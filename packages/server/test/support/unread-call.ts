import { EMPTY_METADATA, type StreamCall } from "@nodetcd/grpc";

/** The server's end of a call on which nothing has happened yet. */
export const UNREAD_CALL: StreamCall = {
  path: "/test",
  metadata: EMPTY_METADATA,
  peer: "test",
  peerCertificate: undefined,
  cancelled: false,
  onCancel: undefined,
  onMessage: () => undefined,
  onHalfClose: () => undefined,
  onDrain: () => undefined,
  send: () => true,
  queuedBytes: 0,
  pause: () => undefined,
  resume: () => undefined,
  finish: () => undefined,
  fail: () => undefined,
};
