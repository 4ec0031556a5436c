import type { LocalCallOptions, LocalTransport } from "@nodetcd/grpc";
import { Status } from "@nodetcd/grpc";
import { type AnyMethod, type MessageCodec, METHOD_LIST, toJson } from "@nodetcd/messages";
import type { Http1Exchange, Http1Pieces, Http1Response } from "@nodetcd/runtime";
import { GATEWAY_REPLY_BYTES_MAX } from "../limits.ts";
import { HeldBytes, readMessage, tooLarge, toRefusal } from "./gateway-body.ts";
import { callMetadata, callTimeoutMs } from "./gateway-metadata.ts";
import { ANSWER_HEADERS, errorReply } from "./gateway-reply.ts";
import { GatewayStream } from "./gateway-stream.ts";
import { redirect, targetOf } from "./target.ts";

type Reply = Http1Response | Http1Pieces;

const FORM = "application/x-www-form-urlencoded";
/** Answers up to this length have a Content-Length; a longer one is sent in pieces. */
const WHOLE_CHARACTERS = 2 * 1024;
const PIECE_CHARACTERS = 64 * 1024;

/** The method that counts: a form may name another than POST, as grpc-gateway has it. */
function methodOf({ method, headers }: Http1Exchange): string {
  const other = headers.get("x-http-method-override");
  if (method !== "POST" || other === undefined || other === "") return method;
  return headers.get("content-type") === FORM ? other.toUpperCase() : method;
}

/** Calls of gRPC as HTTP requests with JSON, under `/v3/`. */
export class Gateway {
  readonly #transport: LocalTransport;
  readonly #maxMessageBytes: number;
  readonly #held = new HeldBytes();
  readonly #routes = new Map<string, AnyMethod>();

  /** `maxMessageBytes`: of a request in its binary form. */
  constructor(transport: LocalTransport, maxMessageBytes: number) {
    this.#transport = transport;
    this.#maxMessageBytes = maxMessageBytes;
    for (const method of METHOD_LIST) {
      for (const route of method.routes) this.#routes.set(route, method);
    }
  }

  /** Undefined for a path that is none of the gateway's. The target is a clean path. */
  serve(exchange: Http1Exchange): Reply | Promise<Reply> | undefined {
    const { path: asked, query } = targetOf(exchange)!;
    const path = asked.replace(/^\/v3beta\//, "/v3/");
    if (path === "/v3") return redirect(exchange, "/v3/", query);
    if (!path.startsWith("/v3/")) return undefined;
    const method = this.#routes.get(path);
    if (method === undefined) {
      return errorReply({ code: Status.NOT_FOUND, message: "Not Found" });
    }
    if (methodOf(exchange) !== "POST") {
      return errorReply({ code: Status.UNIMPLEMENTED, message: "Method Not Allowed" });
    }
    return this.#call(method, exchange).catch((error: unknown) => errorReply(toRefusal(error)));
  }

  async #call(method: AnyMethod, exchange: Http1Exchange): Promise<Reply> {
    const timeoutMs = callTimeoutMs(exchange.headers);
    const options: LocalCallOptions = {
      metadata: callMetadata(exchange.headers),
      peer: exchange.remoteAddress,
      signal: exchange.gone,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    if (method.kind === "bidi_stream") {
      const stream = new GatewayStream(method, this.#transport.stream(method.path, options));
      void stream.sendAll(exchange, this.#maxMessageBytes);
      return stream.answer();
    }
    const max = this.#maxMessageBytes;
    const request = await readMessage(method.request, exchange, this.#held, max);
    if (method.kind === "unary") {
      return this.#reply(method, await this.#transport.unary(method.path, request, options));
    }
    const stream = new GatewayStream(method, this.#transport.stream(method.path, options));
    stream.sendOnly(request);
    return stream.answer();
  }

  #reply(method: AnyMethod, bytes: Uint8Array): Reply {
    if (bytes.length > GATEWAY_REPLY_BYTES_MAX) {
      throw tooLarge(bytes.length, GATEWAY_REPLY_BYTES_MAX);
    }
    const codec: MessageCodec<unknown> = method.response;
    const body = toJson(codec, codec.decode(bytes) as object);
    const head = { status: 200, headers: { ...ANSWER_HEADERS } };
    if (body.length <= WHOLE_CHARACTERS) return { ...head, body };
    this.#held.take(body.length);
    return { ...head, pieces: this.#inPieces(body) };
  }

  /** So that a client that does not read holds memory that is counted. */
  async *#inPieces(text: string): AsyncGenerator<string> {
    try {
      for (let from = 0; from < text.length;) {
        let to = from + PIECE_CHARACTERS;
        // A character of two units stays whole.
        if (/[\ud800-\udbff]/.test(text.charAt(to - 1))) to++;
        yield text.slice(from, to);
        from = to;
      }
    } finally {
      this.#held.give(text.length);
    }
  }
}
