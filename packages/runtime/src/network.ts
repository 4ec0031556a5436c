import type { Http1Handler } from "./http1.ts";

/** How much a socket queues before `write` answers false, in bytes. */
export const SOCKET_HIGH_WATER_MARK: number = 256 * 1024;

/**
 * One end of a byte stream. The handlers are plain fields, set once by the owner before the first
 * turn of the loop ends; each call of `onData` lends its chunk: the chunk is never reused, so views of
 * it may be kept for as long as needed (and keep the whole chunk in memory).
 */
export interface Socket {
  onData: (chunk: Uint8Array) => void;
  /** The other side has ended its direction; called at most once, before `onClose`. */
  onEnd: () => void;
  /** What was queued has left: `write` answers true again. */
  onDrain: () => void;
  /** The stream is gone, with the error if there was one. Called exactly once, last. */
  onClose: (error: Error | undefined) => void;
  /** Sends borrowed bytes that must not change any more. False: wait for `onDrain`. */
  write(chunk: Uint8Array): boolean;
  /** Until `uncork`, writes are collected to leave together. Not nested. */
  cork(): void;
  uncork(): void;
  /** Bytes that were written and have not left yet. */
  readonly queuedBytes: number;
  /** Stops `onData` until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends this direction after what is queued has left. */
  end(): void;
  /** Gives up at once. */
  destroy(error?: Error): void;
  /** `address:port`, or the path of a unix socket; for messages. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** What TLS negotiated by ALPN, or "" without TLS. */
  readonly alpnProtocol: string;
}

export interface ListenOptions {
  /** Host name or address, such as `127.0.0.1`; "" listens on all interfaces. */
  host: string;
  /** 0 picks a free port; see `Listener.port`. */
  port: number;
  onSocket: (socket: Socket) => void;
}

export interface Listener {
  readonly port: number;
  /** Stops taking connections; those that exist stay. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  host: string;
  port: number;
  /** Milliseconds until the attempt is given up. */
  timeoutMs: number;
}

export interface Network {
  /** Fails with an error that names the address when it is taken or not of this host. */
  listen(options: ListenOptions): Promise<Listener>;
  connect(options: ConnectOptions): Promise<Socket>;
  /**
   * Serves HTTP/1.1 on sockets that were accepted elsewhere: hand each one over with the bytes
   * that were already read from it. After that the socket belongs to the HTTP server.
   */
  serveHttp1(handler: Http1Handler): Http1Server;
}

export interface Http1Server {
  take(socket: Socket, alreadyRead: Uint8Array): void;
  /** Ends all connections once their current exchange is over. */
  close(): void;
}
