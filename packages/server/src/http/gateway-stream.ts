import { type ClientStream, RpcError, Status } from "@nodetcd/grpc";
import { type AnyMethod, JsonValues, type MessageCodec, METHODS, toJson } from "@nodetcd/messages";
import type { Http1Exchange, Http1Pieces } from "@nodetcd/runtime";
import { GATEWAY_QUEUED_BYTES } from "../limits.ts";
import { encodeJson, jsonBytesMax, toRefusal } from "./gateway-body.ts";
import { ANSWER_HEADERS, errorHead, errorJson, type Refusal } from "./gateway-reply.ts";

/**
 * A streaming call as lines of JSON: `{"result":...}` for each message, `{"error":...}` last where it fails. A
 * client that does not read holds the call back; one that goes away cancels it, by the signal it was made with.
 */
export class GatewayStream {
  readonly #method: AnyMethod;
  readonly #stream: ClientStream;
  readonly #lines: string[] = [];
  #queued = 0;
  #paused = false;
  #ended: Refusal | undefined;
  /** Called when there is a line, or the end. */
  #wake: () => void = () => undefined;
  /** Called when the call takes messages again, or is over. */
  #drained: () => void = () => undefined;

  constructor(method: AnyMethod, stream: ClientStream) {
    this.#method = method;
    this.#stream = stream;
    const codec: MessageCodec<unknown> = method.response;
    stream.onMessage = (bytes) => {
      const json = toJson(codec, codec.decode(bytes) as object, { escapeHtml: true });
      this.#push(`{"result":${json}}\n`);
    };
    stream.onDrain = () => this.#drained();
    stream.onEnd = (status) => this.#end(status);
  }

  #push(line: string): void {
    this.#lines.push(line);
    this.#queued += line.length;
    if (this.#queued >= GATEWAY_QUEUED_BYTES && !this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#wake();
  }

  #end(status: Refusal): void {
    if (this.#ended !== undefined) return;
    this.#ended = status;
    this.#drained();
    this.#wake();
  }

  #refuse(error: unknown): void {
    this.#end(toRefusal(error));
    this.#stream.cancel();
  }

  /** Sends the one message of a server stream. */
  sendOnly(message: Uint8Array): void {
    this.#stream.send(message);
    this.#stream.halfClose();
  }

  /** Sends the messages of a body as they come; its end half-closes the call. */
  async sendAll(exchange: Http1Exchange, maxMessageBytes: number): Promise<void> {
    const values = new JsonValues(jsonBytesMax(maxMessageBytes));
    let sent = 0;
    const send = async (json: Uint8Array): Promise<void> => {
      sent++;
      await this.#send(encodeJson(this.#method.request, json, maxMessageBytes));
    };
    const take = async (piece: Uint8Array): Promise<void> => {
      for (const json of values.push(piece)) {
        if (this.#ended !== undefined) return;
        await send(json);
      }
    };
    try {
      for await (const piece of exchange.pieces()) {
        // What comes after the end is read and thrown away: leaving would cut the connection.
        if (this.#ended === undefined) await take(piece).catch((e: unknown) => this.#refuse(e));
      }
      if (this.#ended !== undefined) return;
      const last = values.end();
      if (last !== undefined) await send(last);
      // Nobody could ever be told anything.
      if (sent === 0 && this.#method.path === METHODS.Watch.Watch.path) {
        throw new RpcError(Status.INVALID_ARGUMENT, "etcdserver: watch request is not provided");
      }
      this.#stream.halfClose();
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #send(message: Uint8Array): Promise<void> {
    if (this.#stream.send(message)) return;
    await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** Resolves with the first message, or how the call ended without one. */
  async answer(): Promise<Http1Pieces> {
    await this.#news();
    const pieces = this.#pieces();
    if (this.#lines.length > 0) return { status: 200, headers: { ...ANSWER_HEADERS }, pieces };
    const ended = this.#ended;
    if (ended === undefined || ended.code === Status.OK)
      return { status: 200, headers: {}, pieces };
    return { ...errorHead(ended), pieces };
  }

  async #news(): Promise<void> {
    while (this.#lines.length === 0 && this.#ended === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async *#pieces(): AsyncGenerator<string> {
    for (;;) {
      await this.#news();
      const line = this.#lines.shift();
      if (line === undefined) break;
      this.#queued -= line.length;
      if (this.#paused && this.#queued < GATEWAY_QUEUED_BYTES) {
        this.#paused = false;
        this.#stream.resume();
      }
      yield line;
    }
    const ended = this.#ended;
    if (ended !== undefined && ended.code !== Status.OK) yield `{"error":${errorJson(ended)}}\n`;
  }
}
