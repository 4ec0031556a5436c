import { constants } from "node:crypto";
import type * as net from "node:net";
import type * as tls from "node:tls";
import type { Socket, TlsServer, TlsServerEvents } from "../../network.ts";
import type { PeerCertificate, TlsServerOptions } from "../../tls.ts";
import { NodeSocket } from "../socket.ts";
import { KeyPairFiles, readTlsFile, systemRoots } from "./files.ts";
import { handshakeError, isGone } from "./handshake-error.ts";
import {
  type CutReason,
  type Handshake,
  HANDSHAKE_BOUNDS,
  type HandshakeBounds,
  Handshakes,
} from "./handshakes.ts";
import { readPeerCertificate } from "./peer-certificate.ts";
import { protocolOptions } from "./protocol.ts";
import { certificateProblem } from "./rules.ts";

/** First byte of a record that begins a handshake (RFC 8446 section 5.1). */
const HANDSHAKE_RECORD = 0x16;
/** The fatal alert internal_error, which a server may send before anything is agreed on. */
const INTERNAL_ERROR = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);

const ignore = (): void => undefined;

/** What `tls` leaves out of its types: the socket below. */
type OverRaw = { readonly _parent?: net.Socket };

/** One connection, from its first byte to the end of its handshake. */
class Incoming implements Handshake {
  readonly #server: NodeTlsServer;
  readonly #socket: NodeSocket;
  #first: Uint8Array = new Uint8Array(0);
  #isReported = false;

  constructor(server: NodeTlsServer, socket: NodeSocket) {
    this.#server = server;
    this.#socket = socket;
    socket.onData = (chunk) => this.#onFirst(chunk);
    socket.onEnd = () => socket.destroy();
    socket.onClose = () => this.gone();
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  #onFirst(chunk: Uint8Array): void {
    const { handshakes, events } = this.#server;
    const socket = this.#socket;
    if (chunk[0] === HANDSHAKE_RECORD) {
      socket.pause();
      socket.onData = ignore;
      this.#first = chunk;
      handshakes.ready(this);
    } else if (events.onPlain !== undefined) {
      handshakes.delete(this);
      socket.onData = socket.onEnd = socket.onClose = ignore;
      events.onPlain(socket, chunk);
    } else {
      this.report({ error: "tls: first record does not look like a TLS handshake" });
      socket.destroy();
    }
  }

  begin(): void {
    const problem = this.#server.refreshProblem();
    if (problem !== undefined) {
      this.report({ error: problem });
      this.#socket.write(INTERNAL_ERROR);
      this.#socket.end();
      return;
    }
    const raw = this.#socket.release();
    // Or a client that leaves in the middle would be waited for.
    raw.allowHalfOpen = false;
    raw.on("close", () => this.gone());
    raw.unshift(this.#first);
    this.#server.shake(raw, this);
  }

  cut(why: CutReason): void {
    const { localAddress, remoteAddress } = this.#socket;
    if (why === "timeout") {
      this.report({ error: `read tcp ${localAddress}->${remoteAddress}: i/o timeout` });
    } else if (why === "too-many") {
      this.report({ error: "too many handshakes at once: the oldest gives way" });
    }
    this.#isReported = true;
    this.#socket.destroy();
  }

  gone(): void {
    this.#server.handshakes.delete(this);
    // What `tls` has to say about it comes after the close.
    setImmediate(() => this.report({ error: "EOF", isEof: true }));
  }

  /** It is through: it is not gone when its socket closes. */
  settle(): void {
    this.#server.handshakes.delete(this);
    this.#isReported = true;
  }

  report(what: {
    error: string;
    isEof?: boolean;
    serverName?: string;
    certificate?: PeerCertificate;
  }): void {
    if (this.#isReported) return;
    this.#isReported = true;
    const { error, isEof = false, serverName = "", certificate } = what;
    const { remoteAddress } = this;
    this.#server.events.onRejected({ remoteAddress, serverName, certificate, error, isEof });
  }
}

function serverName(socket: tls.TLSSocket): string {
  const { servername } = socket as tls.TLSSocket & { servername?: string | false | null };
  return servername || "";
}

/** See `Network.tlsServer`. */
export class NodeTlsServer implements TlsServer {
  readonly handshakes: Handshakes;
  readonly events: TlsServerEvents;
  readonly #options: TlsServerOptions;
  readonly #files: KeyPairFiles;
  readonly #context: tls.SecureContextOptions;
  /** Does not listen: it is given sockets. */
  readonly #server: tls.Server;
  readonly #incoming = new WeakMap<net.Socket, Incoming>();

  constructor(
    options: TlsServerOptions,
    events: TlsServerEvents,
    bounds: HandshakeBounds = HANDSHAKE_BOUNDS,
  ) {
    this.#options = options;
    this.events = events;
    this.handshakes = new Handshakes(bounds);
    this.#files = new KeyPairFiles(options);
    const { disk, clients, alpn } = options;
    const { trustedCaFile = "" } = clients ?? {};
    const ca = trustedCaFile === "" ? systemRoots(disk) : readTlsFile(disk, trustedCaFile);
    this.#context = {
      ...protocolOptions(options),
      // No session is taken up again, whose certificates would not be checked again; and no client makes work by
      // another handshake on its connection.
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
      ...(clients === undefined || ca === undefined ? {} : { ca: Buffer.from(ca) }),
    };
    const asksForCertificate = clients !== undefined;
    this.#server = process.getBuiltinModule("node:tls").createServer({
      ...this.#changedContext(),
      requestCert: asksForCertificate,
      rejectUnauthorized: asksForCertificate,
      ALPNProtocols: [...alpn],
    });
    this.#server.on("secureConnection", (socket) => void this.#onSecure(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#onFailed(error, socket));
  }

  take(socket: Socket): void {
    if (!(socket instanceof NodeSocket)) throw new TypeError("Not a socket of this network");
    this.handshakes.add(new Incoming(this, socket));
  }

  close(): void {
    this.handshakes.cutAll();
  }

  #changedContext(): tls.SecureContextOptions | undefined {
    const pair = this.#files.readIfChanged();
    if (pair === undefined) return undefined;
    return { ...this.#context, cert: Buffer.from(pair.cert), key: Buffer.from(pair.key) };
  }

  /** Takes up new files; what is wrong with them, if something is. */
  refreshProblem(): string | undefined {
    try {
      const changed = this.#changedContext();
      if (changed !== undefined) this.#server.setSecureContext(changed);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  shake(raw: net.Socket, incoming: Incoming): void {
    this.#incoming.set(raw, incoming);
    this.#server.emit("connection", raw);
  }

  #find(socket: tls.TLSSocket): Incoming | undefined {
    const { _parent: raw } = socket as OverRaw;
    return raw && this.#incoming.get(raw);
  }

  #onFailed(error: Error, socket: tls.TLSSocket): void {
    socket.on("error", ignore);
    // A code, whatever its type says; null or absent where nothing is wrong with the certificate.
    const { authorizationError } = socket as { authorizationError?: unknown };
    const authorization = typeof authorizationError === "string" ? authorizationError : "";
    const { code = "" } = error as NodeJS.ErrnoException;
    this.#find(socket)?.report({
      error: handshakeError(error, authorization),
      isEof: isGone(code, authorization),
      serverName: serverName(socket),
    });
  }

  async #onSecure(socket: tls.TLSSocket): Promise<void> {
    socket.on("error", ignore);
    const incoming = this.#find(socket);
    const { clients, disk } = this.#options;
    const certificate = clients && socket.getPeerX509Certificate();
    const facts = certificate && readPeerCertificate(certificate);
    if (incoming === undefined || (clients !== undefined && facts === undefined)) {
      // Cannot be: without a certificate there is no handshake.
      socket.destroy();
      return;
    }
    if (clients !== undefined && facts !== undefined) {
      const { remoteAddress } = incoming;
      const presented = { certificate: certificate!, facts, remoteAddress };
      const error = await certificateProblem(clients, disk, presented);
      if (error !== undefined) {
        incoming.report({ error, serverName: serverName(socket), certificate: facts });
        socket.destroy();
      }
    }
    if (socket.destroyed) return;
    incoming.settle();
    this.events.onSecure(new NodeSocket(socket, facts));
  }
}
