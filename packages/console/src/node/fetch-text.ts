import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { METRICS_BYTES } from "../limits.ts";
import type { FetchText } from "../members/ask-members.ts";

/** PEM texts for members that speak TLS. */
export interface MemberTls {
  /** Roots. Default: the system's. */
  readonly ca?: string;
  /** Own certificate, and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Reads http and https addresses, in time and within the limit. */
export function textFetcher(tls: MemberTls): FetchText {
  return async (url, timeoutMs) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await readText(await open(url, signal, tls));
    } catch (error) {
      throw signal.aborted ? new Error("no answer in time", { cause: error }) : error;
    }
  };
}

function open(url: string, signal: AbortSignal, tls: MemberTls): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ask = url.startsWith("https:")
      ? requestHttps(url, { signal, ...tls }, resolve)
      : requestHttp(url, { signal }, resolve);
    ask.on("error", reject);
    ask.end();
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.resume();
    throw new Error(`HTTP ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > METRICS_BYTES) throw new Error(`more than ${METRICS_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
