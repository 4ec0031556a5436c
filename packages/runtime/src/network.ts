import type { Http1ExchangeHandler } from "./http1.ts";
import type { PeerCertificate, TlsClientOptions, TlsRejection, TlsServerOptions } from "./tls.ts";

/** Longest path of a unix socket, in bytes: what Linux has room for (macOS has 103). */
export const UNIX_PATH_BYTES_MAX = 107;

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
  /** `address:port`, or `@` for a unix socket; for messages. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** What TLS negotiated by ALPN, or "" without TLS. */
  readonly alpnProtocol: string;
  /** The verified certificate of the other side; undefined without TLS, and where none was asked for. */
  readonly peerCertificate: PeerCertificate | undefined;
}

/** Bounds sockets that are open at a time; one may be shared by several listeners. */
export interface SocketLimit {
  readonly max: number;
  /** Sockets that count now; listeners keep it. */
  open: number;
  /** A connection came above the bound, and was closed at once. */
  onRefused: () => void;
}

interface AcceptOptions {
  onSocket: (socket: Socket) => void;
  /** Default: as many as come. */
  limit?: SocketLimit;
}

export interface ListenOptions extends AcceptOptions {
  /** Host name or address, such as `127.0.0.1`; "" listens on all interfaces. */
  host: string;
  /** 0 picks a free port; see `Listener.port`. */
  port: number;
}

export interface ListenUnixOptions extends AcceptOptions {
  /** Of the socket file, absolute or from the working directory; at most `UNIX_PATH_BYTES_MAX`. */
  path: string;
}

export interface Listener {
  /** 0 for a unix socket. */
  readonly port: number;
  /** Stops taking connections; those that exist stay. The file of a unix socket is removed. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  host: string;
  port: number;
  /** Milliseconds until the attempt is given up. */
  timeoutMs: number;
  /** Default: no TLS. The certificate must be made for `serverName`, or for the host. */
  tls?: TlsClientOptions;
}

export interface ConnectUnixOptions {
  /** Of the socket file, absolute or from the working directory; at most `UNIX_PATH_BYTES_MAX`. */
  path: string;
  /** Milliseconds until the attempt is given up. */
  timeoutMs: number;
  /** Default: no TLS. The certificate must be made for `serverName`, or for the host. */
  tls?: TlsClientOptions;
}

export interface Network {
  /** Fails with an error that names the address when it is taken or not of this host. */
  listen(options: ListenOptions): Promise<Listener>;
  /**
   * Makes a socket file, with permissions 0777 less the umask, and listens on it. The file that a dead
   * process has left is replaced. Fails when a process answers at it, and when it is no socket.
   */
  listenUnix(options: ListenUnixOptions): Promise<Listener>;
  /** Fails with an error that names the address. */
  connect(options: ConnectOptions): Promise<Socket>;
  /** As `connect`, at a socket file. */
  connectUnix(options: ConnectUnixOptions): Promise<Socket>;
  /**
   * Serves HTTP/1.1 on sockets that were accepted elsewhere: hand each one over with the bytes
   * that were already read from it. After that the socket belongs to the HTTP server.
   */
  serveHttp1(handler: Http1ExchangeHandler): Http1Server;
  /**
   * Takes the TLS handshakes of sockets that were accepted elsewhere. Reads all files once; fails in etcd's words
   * when they are missing, no certificates, or do not belong together.
   */
  tlsServer(options: TlsServerOptions, events: TlsServerEvents): TlsServer;
}

export interface TlsServerEvents {
  /** A client is through its handshake and all checks. */
  onSecure: (socket: Socket) => void;
  /** A client that does not begin a handshake, with the bytes already read. Default: it is rejected. */
  onPlain?: (socket: Socket, alreadyRead: Uint8Array) => void;
  /** Called once for each connection that does not get through. It is closed already, or about to be. */
  onRejected: (rejection: TlsRejection) => void;
}

export interface TlsServer {
  /** A fresh socket of this network. From here on it belongs to the server, until one of its events. */
  take(socket: Socket): void;
  /** Cuts the connections that are not through their handshake. */
  close(): void;
}

export interface Http1Server {
  take(socket: Socket, alreadyRead: Uint8Array): void;
  /** Ends all connections once their current exchange is over, or after a second. */
  close(): void;
}
