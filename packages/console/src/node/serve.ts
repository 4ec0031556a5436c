import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";
import { answer } from "../answer.ts";
import type { App } from "../app.ts";
import { ConsoleError } from "../errors.ts";
import type { ApiReply, ApiRequest, StreamEvent } from "../http/exchange.ts";
import { problem } from "../http/problem.ts";
import { checkHost, sessionCookie } from "../session/guard.ts";
import { type PageRequest, readAsset, readPage } from "./assets.ts";

export interface ServeOptions {
  readonly app: App;
  /** Host names that requests may come for; see `checkHost`. */
  readonly hosts: readonly string[];
}

/** What every reply says: nothing of it is to be framed, sniffed, kept or leaked by the browser. */
const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

function contentSecurityPolicy(scriptHashes: readonly string[], nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' ${scriptHashes.join(" ")}`.trim(),
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** The console's HTTP server, not listening yet. */
export function consoleServer(options: ServeOptions): Server {
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => {
      options.app.logger.error("a reply broke", { error: String(error) });
      response.destroy();
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  return server;
}

async function handle(
  { app, hosts }: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
  const { prefix } = app.settings;
  try {
    checkHost(request.headers.host, hosts);
  } catch (error) {
    return await send(request, response, problem(error));
  }
  const url = new URL(request.url ?? "/", "http://console");
  const inside = url.pathname === prefix || url.pathname.startsWith(`${prefix}/`);
  // A proxy may have taken the prefix off already; both ways lead here.
  const path = prefix !== "" && inside ? url.pathname.slice(prefix.length) || "/" : url.pathname;
  if (path.startsWith("/api/")) {
    const reply = await answer(app, toApiRequest(request, response, path, url));
    return await send(request, response, reply);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    const error = new ConsoleError("NOT_FOUND", `There is no ${request.method} here`);
    return await send(request, response, problem(error));
  }
  const session = app.sessions.find(sessionCookie(request.headers.cookie));
  const mayRead = app.isOpenTo(session);
  sendFile(request, response, { path, mayRead, isPast: url.searchParams.has("at") }, prefix);
}

/** A built file, or the page for every address of the application. */
function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  page: PageRequest,
  prefix: string,
): void {
  const { path } = page;
  const asset = path.startsWith("/assets/") ? readAsset(path) : undefined;
  if (asset !== undefined) {
    response.setHeader("content-type", asset.type);
    response.setHeader("cache-control", "public, max-age=31536000, immutable");
    response.setHeader("vary", "accept-encoding");
    const zipped = takesGzip(request);
    if (zipped) response.setHeader("content-encoding", "gzip");
    response.end(zipped ? asset.gzip : asset.body);
    return;
  }
  if (path.startsWith("/assets/") || /\.[a-z]{2,5}$/.test(path)) {
    response.statusCode = 404;
    response.setHeader("content-type", "text/plain; charset=utf-8");
    response.end("not found\n");
    return;
  }
  const nonce = randomBytes(16).toString("base64");
  const { html, scriptHashes } = readPage(prefix, nonce, page);
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.setHeader("cache-control", "no-store");
  response.setHeader("content-security-policy", contentSecurityPolicy(scriptHashes, nonce));
  endZipped(request, response, Buffer.from(html));
}

function takesGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
}

function endZipped(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  response.setHeader("vary", "accept-encoding");
  if (!takesGzip(request) || body.length < 1_024) {
    response.end(body);
    return;
  }
  response.setHeader("content-encoding", "gzip");
  response.end(gzipSync(body, { level: 6 }));
}

function toApiRequest(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  url: URL,
): ApiRequest {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return {
    method: request.method ?? "GET",
    path,
    query: url.searchParams,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    remoteAddress: request.socket.remoteAddress ?? "",
    body: (limit) => readBody(request, limit),
    signal: gone.signal,
  };
}

async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limit) {
      throw new ConsoleError("TOO_LARGE", `The request has more than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: ApiReply,
): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.setHeader("cache-control", "no-store");
  response.setHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  if (reply.kind === "json") {
    response.statusCode = reply.status;
    response.setHeader("content-type", "application/json; charset=utf-8");
    endZipped(request, response, Buffer.from(JSON.stringify(reply.value)));
    return;
  }
  if (reply.kind === "file") {
    response.setHeader("content-type", reply.type);
    const name = encodeURIComponent(reply.name.slice(-100));
    response.setHeader("content-disposition", `attachment; filename*=UTF-8''${name}`);
    await pipeline(Readable.from(reply.chunks), response);
    return;
  }
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  const lines = Readable.from(eventLines(reply.events));
  if (takesGzip(request)) {
    response.setHeader("content-encoding", "gzip");
    const gzip = createGzip({ level: 1, flush: 2 });
    await pipeline(lines, gzip, response).catch(() => undefined);
  } else await pipeline(lines, response).catch(() => undefined);
}

async function* eventLines(events: AsyncIterable<StreamEvent>): AsyncGenerator<string> {
  for await (const { id, event, data } of events) {
    yield `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
