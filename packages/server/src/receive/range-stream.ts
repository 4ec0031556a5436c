import { checkRange } from "@nodetcd/auth";
import { type RangeRequest, RangeStreamResponseTags } from "@nodetcd/messages";
import { WireWriter } from "@nodetcd/bytes";
import type { StreamCall } from "@nodetcd/grpc";
import type { RangeReader } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { RANGE_STREAM_MESSAGE_BYTES } from "../limits.ts";
import { findRange, isSorted, pairForm, writePair, writeTotals } from "../read/range.ts";
import { SlicedTask } from "../read/fair-queue.ts";
import type { ServerStreamHandler } from "./handler.ts";
import { checkRangeStreamRequest } from "./request-limits.ts";

/** Keys in the first message (etcd's number); later ones aim at `maxRequestBytes`. */
const FIRST_CHUNK_KEYS = 10;

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

interface Totals {
  readonly more: boolean;
  readonly count: number;
}

/** One stream: reads on when the client has taken what was sent before. */
class RangeStream {
  readonly #member: MemberContext;
  readonly #call: StreamCall;
  readonly #request: RangeRequest;
  readonly #limit: number;
  readonly #reader: RangeReader;
  readonly #work: SlicedTask;
  /** The pairs of the message that is being made. */
  readonly #pairs = new WireWriter();
  readonly #message = new WireWriter();
  #chunkKeys = FIRST_CHUNK_KEYS;
  #inChunk = 0;
  #written = 0;
  #allWritten = false;
  /** The client must take something before more is sent. */
  #full = false;
  #resume: () => void = () => undefined;

  /** Raises `COMPACTED` and `FUTURE_REVISION`. */
  constructor(member: MemberContext, call: StreamCall, request: RangeRequest) {
    const { key, rangeEnd, revision, limit } = request;
    this.#member = member;
    this.#call = call;
    this.#request = request;
    this.#limit = limit > 0 ? limit : Infinity;
    this.#reader = member.store.readRange(key, rangeEnd.length > 0 ? rangeEnd : keyAfter(key), {
      revision,
      keysOnly: pairForm(request) === "indexed",
    });
    call.onDrain = () => {
      this.#full = false;
      this.#resume();
    };
    call.onCancel = () => this.#resume();
    this.#work = new SlicedTask(member.fairQueue, member.runtime.clock, () => !call.cancelled);
  }

  async run(): Promise<void> {
    try {
      const { countOnly } = this.#request;
      const totals =
        !countOnly && isSorted(this.#request) ? this.#sendSorted() : this.#sendInOrder();
      this.#send(await totals);
      this.#call.finish();
    } finally {
      this.#reader.close();
    }
  }

  /** Sends every message but the last, whose pairs it leaves written; answers what goes with them. */
  async #sendInOrder(): Promise<Totals> {
    const { countOnly } = this.#request;
    while (!countOnly && !this.#allWritten) {
      await this.#work.run((until) => this.#writeSome(until));
      await this.#drained();
    }
    await this.#countRest();
    const { count } = this.#reader;
    return { more: !countOnly && count > this.#written, count };
  }

  /**
   * A target to sort by, but no order: etcd reads and sorts one message after the other, and goes on behind
   * the last key of each. Of no use to anybody, but that is what it answers.
   */
  async #sendSorted(): Promise<Totals> {
    const revision = this.#request.revision || this.#reader.storeRevision;
    const request = { ...this.#request, revision };
    for (;;) {
      const limit = Math.min(this.#chunkKeys, this.#limit - this.#written);
      const found = findRange(this.#member.store, { ...request, limit });
      for (const pair of found.keyValues) writePair(this.#pairs, pair, pairForm(request));
      this.#written += found.keyValues.length;
      if (!found.more) return { more: false, count: this.#written };
      request.key = keyAfter(found.keyValues.at(-1)!.key);
      if (this.#written >= this.#limit) {
        const rest = findRange(this.#member.store, { ...request, countOnly: true, limit: 0 });
        return { more: true, count: this.#written + rest.count };
      }
      this.#send(undefined);
      await this.#member.fairQueue.next();
      await this.#drained();
      if (this.#call.cancelled) throw new RequestError("CALL_GONE");
    }
  }

  /** Waits while the client takes no more. */
  async #drained(): Promise<void> {
    while (this.#full && !this.#call.cancelled) {
      await new Promise<void>((resolve) => (this.#resume = resolve));
    }
  }

  /** True when nothing is left to write, or the client takes no more. */
  #writeSome(until: number): boolean {
    this.#reader.beginSlice(until);
    while (!this.#full && this.#written < this.#limit) {
      const pair = this.#reader.next();
      if (pair === undefined) {
        this.#allWritten = this.#reader.done;
        return this.#allWritten;
      }
      // Only now it is known that this message is not the last.
      const isFull = this.#pairs.length >= RANGE_STREAM_MESSAGE_BYTES;
      if (this.#inChunk === this.#chunkKeys || isFull) this.#send(undefined);
      writePair(this.#pairs, pair, pairForm(this.#request));
      this.#inChunk++;
      this.#written++;
    }
    this.#allWritten = this.#written === this.#limit;
    return true;
  }

  #countRest(): Promise<void> {
    return this.#work.run((until) => {
      this.#reader.beginSlice(until);
      this.#reader.countRest();
      return this.#reader.done;
    });
  }

  /** Only the last message has header and totals. */
  #send(totals: Totals | undefined): void {
    const writer = this.#message;
    writer.uint32(RangeStreamResponseTags.rangeResponse);
    const mark = writer.beginDelimited();
    if (totals !== undefined) this.#member.headers.write(writer, this.#reader.storeRevision);
    writer.raw(this.#pairs.finish());
    if (totals !== undefined) writeTotals(writer, totals.more, totals.count);
    writer.endDelimited(mark);
    const message = writer.finish();
    this.#full = !this.#call.send(message);
    this.#chunkKeys = nextChunkKeys(
      this.#chunkKeys,
      message.length,
      this.#member.config.maxRequestBytes,
    );
    this.#inChunk = 0;
  }
}

/** `etcdserverpb.KV/RangeStream`: a range in messages of about `maxRequestBytes`. */
export function receiveRangeStream(member: MemberContext): ServerStreamHandler<RangeRequest> {
  return async (request, call) => {
    checkRangeStreamRequest(request);
    if (!request.serializable) await member.reads.wait();
    const caller = await member.access.identify(call);
    checkRange(member.auth, caller, request);
    await new RangeStream(member, call, request).run();
  };
}
