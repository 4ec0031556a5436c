import { RpcError, Status } from "@nodetcd/grpc";
import { fromJson, JsonError, type MessageCodec } from "@nodetcd/messages";
import type { Http1Exchange } from "@nodetcd/runtime";
import { GATEWAY_HELD_BYTES_MAX, GATEWAY_JSON_FACTOR } from "../limits.ts";

/** Bytes that all requests and answers at the gateway hold together. */
export class HeldBytes {
  #held = 0;

  /** Raises what refuses a request when there are too many. */
  take(bytes: number): void {
    if (this.#held + bytes > GATEWAY_HELD_BYTES_MAX) {
      throw new RpcError(Status.RESOURCE_EXHAUSTED, "etcdserver: too many requests");
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

export function tooLarge(bytes: number, max: number): RpcError {
  const text = `grpc: received message larger than max (${bytes} vs. ${max})`;
  return new RpcError(Status.RESOURCE_EXHAUSTED, text);
}

/** The longest JSON of a message of at most so many bytes that is read. */
export function jsonBytesMax(maxMessageBytes: number): number {
  return GATEWAY_JSON_FACTOR * maxMessageBytes;
}

/** A message in JSON as the bytes that a call takes. Raises what refuses it. */
export function encodeJson(
  codec: MessageCodec<unknown>,
  json: Uint8Array,
  maxMessageBytes: number,
): Uint8Array {
  const bytes = codec.encode(fromJson(codec, json) as Parameters<typeof codec.encode>[0]);
  if (bytes.length > maxMessageBytes) throw tooLarge(bytes.length, maxMessageBytes);
  return bytes;
}

/**
 * The message that is the whole body. It is read to its end also where it is too long, so that the client hears
 * of it.
 */
export async function readMessage(
  codec: MessageCodec<unknown>,
  exchange: Http1Exchange,
  held: HeldBytes,
  maxMessageBytes: number,
): Promise<Uint8Array> {
  const max = jsonBytesMax(maxMessageBytes);
  const pieces: Uint8Array[] = [];
  let length = 0;
  let taken = 0;
  let refusal: RpcError | undefined;
  try {
    for await (const piece of exchange.pieces()) {
      length += piece.length;
      if (refusal !== undefined) continue;
      try {
        if (length > max) throw tooLarge(length, maxMessageBytes);
        held.take(piece.length);
        taken += piece.length;
        pieces.push(piece);
      } catch (error) {
        refusal = toRefusal(error);
        pieces.length = 0;
        held.give(taken);
        taken = 0;
      }
    }
    if (length > max) throw tooLarge(length, maxMessageBytes);
    if (refusal !== undefined) throw refusal;
    return encodeJson(codec, Buffer.concat(pieces), maxMessageBytes);
  } finally {
    held.give(taken);
  }
}

/** What a client is told of anything that was raised. */
export function toRefusal(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof JsonError) {
    return error.code === "JSON_TOO_LARGE"
      ? new RpcError(Status.RESOURCE_EXHAUSTED, error.message)
      : new RpcError(Status.INVALID_ARGUMENT, error.message);
  }
  return new RpcError(Status.INTERNAL, error instanceof Error ? error.message : String(error));
}
