import * as net from "node:net";
import type { Socket } from "../network.ts";
import type { PeerCertificate } from "../tls.ts";

const ignore = (): void => undefined;

/** All sockets read into this; each chunk is copied out before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The option `onread` of a socket whose reads go to `receiver`. Without it a socket gets 64 KiB of fresh
 * memory for each read, however little arrives, and V8, which counts all of it, collects every 500
 * reads: a tenth of a busy server's time.
 */
export function readInPlace(receiver: () => NodeSocket | undefined): net.OnReadOpts {
  return {
    buffer: READ_BUFFER,
    callback: (count) => receiver()?.receive(READ_BUFFER.subarray(0, count)) ?? true,
  };
}

/** What `net` leaves out of its types: a socket can be made around the handle of another. */
type WithHandle = { _handle?: object | null };

/**
 * Takes over a paused socket that a server has accepted. Servers cannot be told of `onread`, so the
 * handle moves to a socket that is; where there is no such handle the socket stays as it is.
 */
export function takeAccepted(accepted: net.Socket): NodeSocket {
  const { _handle: handle } = accepted as WithHandle;
  if (handle === undefined || handle === null) {
    accepted.resume();
    return new NodeSocket(accepted);
  }
  (accepted as WithHandle)._handle = null;
  // Without its handle this closes nothing; the server no longer counts it.
  accepted.destroy();
  let socket: NodeSocket | undefined;
  const onread = readInPlace(() => socket);
  const options = { handle, allowHalfOpen: true, onread } as net.SocketConstructorOpts;
  socket = new NodeSocket(new net.Socket(options));
  return socket;
}

/** Unix sockets have neither. */
function shownAddress(address: string | undefined, port: number | undefined): string {
  return address === undefined ? "@" : `${address}:${port ?? 0}`;
}

/** A `net.Socket` behind the narrow interface; `raw` is for `serveHttp1` only. */
export class NodeSocket implements Socket {
  onData: (chunk: Uint8Array) => void = ignore;
  onEnd: () => void = ignore;
  onDrain: () => void = ignore;
  onClose: (error: Error | undefined) => void = ignore;
  readonly raw: net.Socket;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly alpnProtocol: string;
  readonly peerCertificate: PeerCertificate | undefined;
  #error: Error | undefined;
  #released = false;

  constructor(raw: net.Socket, peerCertificate?: PeerCertificate) {
    this.raw = raw;
    this.peerCertificate = peerCertificate;
    this.remoteAddress = shownAddress(raw.remoteAddress, raw.remotePort);
    this.localAddress = shownAddress(raw.localAddress, raw.localPort);
    const { alpnProtocol } = raw as net.Socket & { alpnProtocol?: string | false };
    this.alpnProtocol = typeof alpnProtocol === "string" ? alpnProtocol : "";
    // Also makes the stream flow; where `receive` is used no data comes this way.
    raw.on("data", (chunk: Uint8Array) => this.onData(chunk));
    raw.on("end", () => this.onEnd());
    raw.on("drain", () => this.onDrain());
    raw.on("error", (error) => {
      this.#error = error;
    });
    raw.on("close", this.#closed);
  }

  readonly #closed = (): void => this.onClose(this.#error);

  /** Takes bytes that are borrowed for the call. False: no more for now. */
  receive(bytes: Buffer): boolean {
    const chunk = Buffer.from(bytes);
    if (this.#released) return this.raw.push(chunk);
    this.onData(chunk);
    return true;
  }

  /** Takes the handlers off and returns the bare socket to a new owner. */
  release(): net.Socket {
    this.#released = true;
    for (const event of ["data", "end", "drain"]) this.raw.removeAllListeners(event);
    // Others may count its end.
    this.raw.off("close", this.#closed);
    return this.raw;
  }

  write(chunk: Uint8Array): boolean {
    return this.raw.write(chunk);
  }

  cork(): void {
    this.raw.cork();
  }

  uncork(): void {
    this.raw.uncork();
  }

  get queuedBytes(): number {
    return this.raw.writableLength;
  }

  pause(): void {
    this.raw.pause();
  }

  resume(): void {
    this.raw.resume();
  }

  end(): void {
    this.raw.end();
  }

  destroy(error?: Error): void {
    this.raw.destroy(error);
  }
}
