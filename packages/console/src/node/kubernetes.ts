import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { ConsoleError } from "../errors.ts";
import type { Kubernetes, KubernetesRequest } from "../kubernetes/kubernetes.ts";

const REPLY_BYTES = 64 << 20;
const TIMEOUT_MS = 15_000;

export interface KubernetesOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Bearer token, where the API asks for one. */
  readonly token?: string;
  /** PEM certificates that an https API is checked against. Default: the system's. */
  readonly ca?: string;
}

/** A Kubernetes API over HTTP. */
export function connectKubernetes(options: KubernetesOptions): Kubernetes {
  if (!/^https?:\/\//.test(options.url)) {
    throw new ConsoleError(
      "BAD_REQUEST",
      `"${options.url}" is no address`,
      "Write http://host:port.",
    );
  }
  return {
    call: async (wanted) => {
      const response = await open(options, wanted, AbortSignal.timeout(TIMEOUT_MS));
      const text = await bodyOf(response);
      if ((response.statusCode ?? 500) < 300)
        return text === "" ? {} : (JSON.parse(text) as unknown);
      throw failure(response.statusCode ?? 500, text);
    },
    stream: async function* (path, signal) {
      const response = await open(options, { method: "GET", path }, signal);
      if ((response.statusCode ?? 500) >= 300) {
        throw failure(response.statusCode ?? 500, await bodyOf(response));
      }
      yield* response as AsyncIterable<Uint8Array>;
    },
  };
}

function open(
  { url, token, ca }: KubernetesOptions,
  { method, path, body, contentType = "application/json" }: KubernetesRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const base = url.replace(/\/+$/, "");
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers: Record<string, string> = {
    accept: "application/json, */*",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(text === undefined
      ? {}
      : { "content-type": contentType, "content-length": String(Buffer.byteLength(text)) }),
  };
  return new Promise((resolve, reject) => {
    const request = base.startsWith("https:") ? requestHttps : requestHttp;
    const more = ca === undefined ? {} : { ca };
    const call = request(base + path, { method, headers, signal, ...more }, resolve);
    call.on("error", (error) =>
      reject(
        new ConsoleError(
          "UNAVAILABLE",
          `The Kubernetes API at ${url} does not answer: ${error.message}`,
          "Look whether it runs, and whether --kubernetes is right.",
        ),
      ),
    );
    call.end(text);
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > REPLY_BYTES) throw new ConsoleError("TOO_LARGE", "The API's reply is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The API's own words: a `Status` object, mostly. */
function failure(status: number, text: string): ConsoleError {
  let message = text.slice(0, 300);
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch {
    // It was no JSON: the text says what there is to say.
  }
  const codes = { 401: "FORBIDDEN", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT" } as const;
  const code =
    codes[status as keyof typeof codes] ?? (status < 500 ? "BAD_REQUEST" : "UNAVAILABLE");
  return new ConsoleError(code, message === "" ? `HTTP ${status}` : message);
}
