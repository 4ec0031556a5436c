import type { Clock } from "@nodetcd/runtime";
import type { Dialer } from "./dialer.ts";
import { PeerError } from "./errors.ts";
import {
  ClientConnection,
  collectReply,
  type Reply,
  requestBytes,
  type RequestHead,
} from "./http1/exchange.ts";
import { parsePeerUrl } from "./peer-urls.ts";

export interface Question extends Omit<RequestHead, "headers"> {
  /** Of the peer; its scheme decides whether TLS is spoken. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default none. Borrowed until the answer is there. */
  readonly body?: Uint8Array;
  /** Until the whole answer is there, the connection included, in milliseconds. */
  readonly timeoutMs: number;
  /** Default 64 KiB. */
  readonly maxReplyBytes?: number;
}

/**
 * One request on a connection of its own, such as `GET /members`. Whatever the status is, it is an answer;
 * rejects with `PeerError` when none comes, and as the dialler does.
 */
export async function askPeer(clock: Clock, dial: Dialer, question: Question): Promise<Reply> {
  const url = parsePeerUrl(question.url);
  const deadline = clock.monotonic() + question.timeoutMs;
  const connection = new ClientConnection(await dial(url));
  try {
    const left = deadline - clock.monotonic();
    if (left <= 0) throw new PeerError("TIMED_OUT", `no reply within ${question.timeoutMs} ms`);
    const { method, path, body } = question;
    const length =
      body === undefined && method === "GET" ? {} : { "Content-Length": String(body?.length ?? 0) };
    const headers = { ...question.headers, ...length, Connection: "close" };
    const head = requestBytes(url.authority, { method, path, headers });
    const send = (sink: Parameters<ClientConnection["request"]>[1]): void => {
      connection.request(head, sink);
      if (body !== undefined) connection.socket.write(body);
    };
    return await collectReply(clock, connection, left, send, question.maxReplyBytes);
  } finally {
    connection.close(new PeerError("STOPPED", "done"));
  }
}
