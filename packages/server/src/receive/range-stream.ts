import { RangeRequest } from "@nodetcd/messages";
import { WireWriter } from "@nodetcd/bytes";
import type { StreamCall } from "@nodetcd/grpc";
import type { Core } from "../core.ts";
import { type FoundRange, findRange, pairForm, writeFound } from "../read/range.ts";
import { failCall } from "./error-to-status.ts";
import { checkRangeStreamRequest } from "./request-limits.ts";

/** Keys in the first message (etcd's number); later ones aim at `maxRequestBytes`. */
const FIRST_CHUNK_KEYS = 10;
const RESPONSE_TAG = (1 << 3) | 2;

/** Doubles or halves the keys of a message so that its size comes near the wanted one. */
function nextChunkKeys(keys: number, bytes: number, wantedBytes: number): number {
  if (bytes < wantedBytes / 2) return keys * 2;
  if (bytes > wantedBytes * 2) return Math.max(1, Math.floor(keys / 2));
  return keys;
}

/** The smallest key above `key`, owned by the caller. */
function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** One stream: reads a chunk when the client has taken the one before it. */
class RangeStream {
  readonly #core: Core;
  readonly #call: StreamCall;
  readonly #request: RangeRequest;
  readonly #limit: number;
  readonly #writer = new WireWriter();
  #chunkKeys: number;
  #sent = 0;
  /** The client must take something before more is sent. */
  #full = false;
  /** The revision that all chunks are read at, and that the header names. */
  #revision = 0;

  constructor(core: Core, call: StreamCall, request: RangeRequest) {
    this.#core = core;
    this.#call = call;
    this.#request = request;
    this.#limit = request.limit === 0 ? Infinity : request.limit;
    this.#chunkKeys = Math.min(FIRST_CHUNK_KEYS, this.#limit);
  }

  /** Sends a chunk, and the next one in a later turn, when the client takes more. */
  run(): void {
    if (this.#call.cancelled) return;
    try {
      const last = this.#request.countOnly ? this.#sendCount() : this.#sendChunk();
      if (last) this.#call.finish();
      else if (this.#full) this.#call.onDrain = () => this.run();
      else this.#core.runtime.clock.defer(() => this.run());
    } catch (error) {
      failCall(this.#call, error);
    }
  }

  #sendCount(): boolean {
    const found = findRange(this.#core.store, this.#request);
    this.#revision = found.revision;
    this.#send({ ...found, keyValues: [], more: false }, true);
    return true;
  }

  #sendChunk(): boolean {
    const request = this.#request;
    const found = findRange(this.#core.store, { ...request, limit: this.#chunkKeys });
    if (this.#revision === 0) {
      this.#revision = found.revision;
      if (request.revision === 0) request.revision = found.revision;
    }
    this.#sent += found.keyValues.length;
    const last = !found.more || this.#sent >= this.#limit;
    const lastKey = found.keyValues.at(-1)?.key;
    if (found.more && lastKey !== undefined) request.key = keyAfter(lastKey);
    const count = this.#sent + (last && found.more ? this.#remaining() : 0);
    const bytes = this.#send({ ...found, count }, last);
    this.#chunkKeys = Math.min(
      nextChunkKeys(this.#chunkKeys, bytes, this.#core.config.maxRequestBytes),
      this.#limit - this.#sent,
    );
    return last;
  }

  #remaining(): number {
    return findRange(this.#core.store, { ...this.#request, countOnly: true, limit: 0 }).count;
  }

  /** Only the last message has header, more and count. Answers its size. */
  #send(found: FoundRange, last: boolean): number {
    const writer = this.#writer;
    writer.uint32(RESPONSE_TAG);
    const mark = writer.beginDelimited();
    if (last) this.#core.headers.write(writer, this.#revision);
    writeFound(writer, last ? found : { ...found, more: false, count: 0 }, pairForm(this.#request));
    writer.endDelimited(mark);
    const message = writer.finish();
    this.#full = !this.#call.send(message);
    return message.length;
  }
}

/** `etcdserverpb.KV/RangeStream`: a range in messages of about `maxRequestBytes`. */
export function receiveRangeStream(core: Core): (call: StreamCall) => void {
  return (call) => {
    call.onMessage = (bytes) => {
      try {
        const request = RangeRequest.decode(bytes);
        checkRangeStreamRequest(request);
        const stream = new RangeStream(core, call, request);
        if (request.serializable) stream.run();
        else
          core.reads.request(
            () => stream.run(),
            (error) => failCall(call, error),
          );
      } catch (error) {
        failCall(call, error);
      }
    };
  };
}
