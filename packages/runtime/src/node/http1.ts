import * as http from "node:http";
import type * as net from "node:net";
import type { Http1Handler, Http1Request, Http1Response } from "../http1.ts";
import type { Http1Server, Socket } from "../network.ts";
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

function toRequest(message: http.IncomingMessage): Http1Request {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return {
    method: message.method ?? "",
    url: message.url ?? "",
    headers,
    remoteAddress: `${message.socket.remoteAddress ?? "?"}:${message.socket.remotePort ?? 0}`,
    body: (limitBytes) => readBody(message, limitBytes),
  };
}

async function answer(handler: Http1Handler, request: Http1Request): Promise<Http1Response> {
  try {
    return await handler(request);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { status: 500, headers: { "content-type": "text/plain" }, body: `${text}\n` };
  }
}

/** Milliseconds that a request may take to arrive, from the connection or the answer before it. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A connection taken over. */
interface Exchange {
  /** A request has arrived and is not answered yet. */
  busy: boolean;
  /** Ends a connection whose request does not arrive. */
  deadline: NodeJS.Timeout | undefined;
}

/**
 * See `Network.serveHttp1`. The limit of headers is that of `node:http`, 16 KiB; its limits of time
 * are not: it watches only connections that it has accepted itself.
 */
export function serveHttp1(
  handler: Http1Handler,
  requestTimeoutMs: number = REQUEST_TIMEOUT_MS,
): Http1Server {
  const exchanges = new Map<net.Socket, Exchange>();
  let closing = false;
  const awaitRequest = (socket: net.Socket, exchange: Exchange): void => {
    exchange.busy = false;
    clearTimeout(exchange.deadline);
    exchange.deadline = setTimeout(() => socket.destroy(), requestTimeoutMs).unref();
  };
  const server = http.createServer((message, reply) => {
    const { socket } = message;
    const exchange = exchanges.get(socket);
    if (exchange !== undefined) {
      exchange.busy = true;
      clearTimeout(exchange.deadline);
      reply.on("close", () => {
        if (exchanges.has(socket)) awaitRequest(socket, exchange);
      });
    }
    reply.on("close", () => {
      if (closing) socket.destroy();
    });
    void answer(handler, toRequest(message)).then((response) => {
      reply.writeHead(response.status, {
        ...response.headers,
        "content-length": Buffer.byteLength(response.body),
      });
      reply.end(message.method === "HEAD" ? "" : response.body);
    });
  });
  return {
    take(socket: Socket, alreadyRead: Uint8Array): void {
      if (!(socket instanceof NodeSocket)) throw new TypeError("Not a socket of this network");
      const raw = socket.release();
      const exchange: Exchange = { busy: false, deadline: undefined };
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
      for (const [raw, { busy }] of exchanges) if (!busy) raw.destroy();
    },
  };
}
