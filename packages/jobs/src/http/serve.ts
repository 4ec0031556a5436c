import * as http from "node:http";
import type * as https from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import type { Logger } from "@nodetcd/runtime";
import type { HttpHandler, HttpReply, HttpRequest } from "./exchange.ts";
import { createSharedKeyServer } from "./shared-key.ts";
import { certificateOf, createTlsServer, type TlsFiles } from "./tls.ts";

export interface HttpServer {
  readonly port: number;
  /** Takes no more connections, ends streams (their `signal`) and waits for answers that are on the way. */
  close(): Promise<void>;
}

export interface ServeOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  handler: HttpHandler;
  logger: Logger;
  /** Default: no encryption. */
  tls?: TlsFiles | undefined;
  /** In the place of certificates: only who has it gets a connection. */
  sharedKey?: Uint8Array;
}

/**
 * Until a connection without requests is closed: longer than clients keep one (Go's 90 s), so that none is closed under
 * a request that is on its way.
 */
const IDLE_MS = 120_000;
/** Bytes of the headers of a request, all together. */
const HEADER_BYTES_MAX = 64 * 1024;

function readBody(message: http.IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limitBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        // The rest is read and dropped, so that the client sees the answer.
        reject(new RangeError(`The body is longer than ${limitBytes} bytes`));
      }
    });
    message.on("end", () => resolve(Buffer.concat(chunks)));
    message.on("error", reject);
    message.on("close", () =>
      reject(new Error("The client went away in the middle of its request")),
    );
  });
}

function toRequest(message: http.IncomingMessage, signal: AbortSignal): HttpRequest {
  const url = new URL(message.url ?? "/", "http://localhost");
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    signal,
    remoteAddress: message.socket.remoteAddress ?? "",
    certificate: message.socket instanceof TLSSocket ? certificateOf(message.socket) : undefined,
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    body: (limitBytes) => readBody(message, limitBytes),
  };
}

function drained(response: http.ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done);
  });
}

async function write(
  response: http.ServerResponse,
  reply: HttpReply,
  signal: AbortSignal,
): Promise<void> {
  const { status, headers, body } = reply;
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  // A watcher's call returns when the headers are there, long before the first event.
  response.flushHeaders();
  for await (const piece of body) {
    if (signal.aborted) break;
    if (!response.write(piece)) await drained(response, signal);
  }
  response.end();
}

function createServer({ tls, sharedKey, logger }: ServeOptions): http.Server | https.Server {
  const options = { maxHeaderSize: HEADER_BYTES_MAX, noDelay: true };
  if (sharedKey !== undefined) return createSharedKeyServer(sharedKey, options);
  return tls === undefined ? http.createServer(options) : createTlsServer(tls, options, logger);
}

/** Serves HTTP/1.1. `handler` never rejects: what it cannot do is an answer, too. Raises for bad TLS files. */
export function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const { host, port, handler } = options;
  const open = new Set<AbortController>();
  let closing = false;
  const server = createServer(options);
  server.on("request", (message: http.IncomingMessage, response: http.ServerResponse) => {
    const gone = new AbortController();
    open.add(gone);
    // `close` of the request comes as soon as its body is read: only the response tells that the client has left.
    response.on("close", () => {
      open.delete(gone);
      gone.abort();
    });
    response.on("error", () => gone.abort());
    if (closing) response.setHeader("Connection", "close");
    handler(toRequest(message, gone.signal))
      .then((reply) => write(response, reply, gone.signal))
      .catch(() => response.destroy());
  });
  // Watches are silent for long; clients end them by their own time limits.
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = IDLE_MS;
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) => {
      reject(new Error(`Cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            closing = true;
            server.close(() => closed());
            server.closeIdleConnections();
            for (const each of open) each.abort();
            setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
          }),
      });
    });
  });
}

/** Milliseconds that answers on the way have when the server closes. */
const CLOSE_GRACE_MS = 500;
