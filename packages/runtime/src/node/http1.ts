import type * as http from "node:http";
import type * as net from "node:net";
import type { Http1Exchange, Http1ExchangeHandler, Http1Pieces, Http1Response } from "../http1.ts";
import type { Http1Server, Socket } from "../network.ts";
import type { PeerCertificate } from "../tls.ts";
import { NodeSocket } from "./socket.ts";

function readBody(message: http.IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limitBytes) {
        reject(new Error(`Request body is longer than ${limitBytes} bytes`));
        message.destroy();
      } else chunks.push(chunk);
    });
    message.on("end", () => resolve(Buffer.concat(chunks)));
    message.on("close", () => reject(new Error("Client went away in the middle of its request")));
  });
}

function goneSignal(reply: http.ServerResponse): AbortSignal {
  const gone = new AbortController();
  reply.on("close", () => {
    if (!reply.writableFinished) gone.abort();
  });
  if (reply.destroyed) gone.abort();
  return gone.signal;
}

function toRequest(
  message: http.IncomingMessage,
  reply: http.ServerResponse,
  peerCertificate: PeerCertificate | undefined,
): Http1Exchange {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  let gone: AbortSignal | undefined;
  return {
    get gone() {
      return (gone ??= goneSignal(reply));
    },
    isSecure: "encrypted" in message.socket,
    peerCertificate,
    pieces: () => message as AsyncIterable<Uint8Array>,
    method: message.method ?? "",
    url: message.url ?? "",
    headers,
    remoteAddress: `${message.socket.remoteAddress ?? "?"}:${message.socket.remotePort ?? 0}`,
    body: (limitBytes) => readBody(message, limitBytes),
  };
}

async function answer(
  handler: Http1ExchangeHandler,
  request: Http1Exchange,
): Promise<Http1Response | Http1Pieces> {
  try {
    return await handler(request);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { status: 500, headers: { "content-type": "text/plain" }, body: `${text}\n` };
  }
}

/** Resolves when more can be written, or nothing more. */
function drained(reply: http.ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      reply.off("drain", done).off("close", done);
      resolve();
    };
    reply.on("drain", done).on("close", done);
  });
}

async function sendPieces(
  reply: http.ServerResponse,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (reply.destroyed) return;
      if (!reply.write(piece)) await drained(reply);
      if (reply.destroyed) return;
    }
    reply.end();
  } catch {
    // The head has been sent: all that is left to say is that the answer is not complete.
    reply.destroy();
  }
}

function send(
  { method }: http.IncomingMessage,
  reply: http.ServerResponse,
  response: Http1Response | Http1Pieces,
): void {
  if ("pieces" in response) {
    reply.writeHead(response.status, response.headers);
    void sendPieces(reply, response.pieces);
    return;
  }
  const { status, headers, body } = response;
  reply.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  reply.end(method === "HEAD" ? "" : body);
}

/** Milliseconds that an exchange may go on when the server closes. */
const CLOSE_GRACE_MS = 1_000;
/** Milliseconds that a request may take to arrive, from the connection or the answer before it. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Requests of one connection that wait for their turn; with more it is not read from. */
const WAITING_MAX = 16;

/** A connection taken over. */
interface Exchange {
  readonly peerCertificate: PeerCertificate | undefined;
  /** Requests that have arrived and are not answered yet. */
  waiting: number;
  /** Settles when those that have arrived are answered: one after the other, as clients may send many at once. */
  turn: Promise<void>;
  /** Ends a connection whose request does not arrive. */
  deadline: NodeJS.Timeout | undefined;
}

/** Resolves when the reply has left, or its connection is gone. */
function left(reply: http.ServerResponse, socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("close", done);
      resolve();
    };
    reply.once("close", done);
    socket.once("close", done);
  });
}

/** Answers a request, and gives everybody else a turn of the loop before the next. */
async function answerInTurn(
  handler: Http1ExchangeHandler,
  message: http.IncomingMessage,
  reply: http.ServerResponse,
  peerCertificate: PeerCertificate | undefined,
): Promise<void> {
  const { socket } = message;
  if (socket.destroyed) return;
  const response = await answer(handler, toRequest(message, reply, peerCertificate));
  if (socket.destroyed) return;
  const over = left(reply, socket);
  try {
    send(message, reply, response);
  } catch {
    // Headers that cannot be written: there is no answer.
    socket.destroy();
  }
  await over;
  await new Promise((resolve) => void setImmediate(resolve));
}

/**
 * See `Network.serveHttp1`. The limit of headers is that of `node:http`, 16 KiB; its limits of time
 * are not: it watches only connections that it has accepted itself.
 */
export function serveHttp1(
  handler: Http1ExchangeHandler,
  requestTimeoutMs: number = REQUEST_TIMEOUT_MS,
): Http1Server {
  const exchanges = new Map<net.Socket, Exchange>();
  let closing = false;
  const awaitRequest = (socket: net.Socket, exchange: Exchange): void => {
    clearTimeout(exchange.deadline);
    exchange.deadline = setTimeout(() => socket.destroy(), requestTimeoutMs).unref();
  };
  const answered = (socket: net.Socket, exchange: Exchange): void => {
    exchange.waiting--;
    if (closing) socket.destroy();
    if (!exchanges.has(socket)) return;
    if (exchange.waiting === 0) awaitRequest(socket, exchange);
    if (exchange.waiting === WAITING_MAX) socket.resume();
  };
  const server = process.getBuiltinModule("node:http").createServer((message, reply) => {
    const { socket } = message;
    const exchange = exchanges.get(socket);
    if (exchange === undefined) return;
    clearTimeout(exchange.deadline);
    if (++exchange.waiting > WAITING_MAX) socket.pause();
    exchange.turn = exchange.turn
      .then(() => answerInTurn(handler, message, reply, exchange.peerCertificate))
      .then(() => answered(socket, exchange));
  });
  return {
    take(socket: Socket, alreadyRead: Uint8Array): void {
      if (!(socket instanceof NodeSocket)) throw new TypeError("Not a socket of this network");
      const raw = socket.release();
      const exchange: Exchange = {
        peerCertificate: socket.peerCertificate,
        waiting: 0,
        turn: Promise.resolve(),
        deadline: undefined,
      };
      exchanges.set(raw, exchange);
      awaitRequest(raw, exchange);
      raw.on("close", () => {
        clearTimeout(exchange.deadline);
        exchanges.delete(raw);
      });
      server.emit("connection", raw);
      if (alreadyRead.length > 0) raw.unshift(alreadyRead);
    },
    close(): void {
      closing = true;
      // `http.Server` counts only connections that it accepted itself.
      for (const [raw, { waiting }] of exchanges) if (waiting === 0) raw.destroy();
      const cutRest = (): void => {
        for (const raw of exchanges.keys()) raw.destroy();
      };
      setTimeout(cutRest, CLOSE_GRACE_MS).unref();
    },
  };
}
