import type { PeerCertificate } from "./tls.ts";

export interface Http1Request {
  readonly method: string;
  /** Path with query, as it came. */
  readonly url: string;
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** The whole body, at most `limitBytes`; fails when it is longer or the client goes away. */
  body(limitBytes: number): Promise<Uint8Array>;
}

/** A request at a server that can also read and answer piece by piece. */
export interface Http1Exchange extends Http1Request {
  /** The connection is with TLS. */
  readonly isSecure: boolean;
  /** See `Socket.peerCertificate`. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** Aborted when the client goes away before it has the whole answer. */
  readonly gone: AbortSignal;
  /**
   * The body in pieces, as an alternative to `body`; while none is asked for the client is held back. Read it to
   * its end: leaving it early cuts the connection. Fails when the client goes away.
   */
  pieces(): AsyncIterable<Uint8Array>;
}

export interface Http1Response {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/**
 * A response in pieces, each sent as one chunk at once. The next one is asked for when the client has taken enough
 * of those before it; `return` is called when it has gone away, at a piece.
 */
export interface Http1Pieces {
  status: number;
  headers: Record<string, string>;
  pieces: AsyncIterable<string | Uint8Array>;
}

export type Http1Handler = (request: Http1Request) => Http1Response | Promise<Http1Response>;

type Answer = Http1Response | Http1Pieces;
/** Every `Http1Handler` is one. */
export type Http1ExchangeHandler = (request: Http1Exchange) => Answer | Promise<Answer>;
