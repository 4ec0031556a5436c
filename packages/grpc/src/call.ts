import type { PeerCertificate } from "@nodetcd/runtime";
import type { Metadata } from "./metadata.ts";
import type { StatusCode } from "./status.ts";

/** What every call looks like to the server's handler. */
export interface ServerCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly metadata: Metadata;
  /** `address:port` of the client, or `local`. */
  readonly peer: string;
  /** Of the client, when it was asked for and verified. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** True once the client is gone, has reset the call, or its deadline has passed. */
  readonly cancelled: boolean;
  /**
   * Called at most once, when `cancelled` becomes true before the call was answered. Whatever the
   * handler sends afterwards is dropped.
   */
  onCancel: (() => void) | undefined;
}

/** A call with one request and one reply. Exactly one of `reply` and `fail` ends it. */
export interface UnaryCall extends ServerCall {
  /** Answers with borrowed bytes that must not change any more. A second answer is ignored. */
  reply(message: Uint8Array): void;
  /** Answers with a status other than OK. */
  fail(code: StatusCode, message: string): void;
}

/**
 * A call whose client, server or both send any number of messages. The handler sets `onMessage` and
 * `onHalfClose` before it returns; both come later.
 */
export interface StreamCall extends ServerCall {
  /** Takes a borrowed message that never changes and may be kept. */
  onMessage: (message: Uint8Array) => void;
  /** The client has sent its last message. */
  onHalfClose: () => void;
  /** `send` may go on after it answered false. */
  onDrain: () => void;
  /**
   * Queues borrowed bytes that must not change any more. False: more than the high-water mark is
   * queued, wait for `onDrain`.
   */
  send(message: Uint8Array): boolean;
  /** Bytes sent by the handler that have not left yet. */
  readonly queuedBytes: number;
  /** Stops `onMessage` and `onHalfClose`; the client is held back once its window is used up. */
  pause(): void;
  resume(): void;
  /** Ends the call with OK after what is queued. */
  finish(): void;
  /** Ends the call with another status after what is queued. */
  fail(code: StatusCode, message: string): void;
}

/** Answers a unary call; `request` is borrowed, never changes and may be kept. */
export type UnaryHandler = (request: Uint8Array, call: UnaryCall) => void;
export type StreamHandler = (call: StreamCall) => void;

export type StreamKind = "server_stream" | "client_stream" | "bidi_stream";
export type MethodKind = "unary" | StreamKind;

export const ignore = (): void => undefined;
