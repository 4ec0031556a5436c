import { RpcError } from "../errors.ts";
import { MESSAGE_PREFIX_BYTES } from "../http2/send-queue.ts";
import { readUint32 } from "../http2/frame.ts";
import { Status } from "../status.ts";
import { decompress } from "./decompress.ts";
import type { InflateTurns } from "./inflate-turns.ts";

/** Memory for incomplete messages, shared by the calls of a connection. */
export interface AssemblyBudget {
  used: number;
  readonly max: number;
}

/** What a reader must know of its call. */
export interface MessageLimits {
  readonly maxBytes: number;
  /** The grpc-encoding of the sender. */
  readonly encoding: string;
  readonly budget: AssemblyBudget;
  /** Default: any number of bytes is unpacked at once. */
  readonly inflates?: InflateTurns | undefined;
}

const FIRST_BYTES = 64 * 1024;

/** True when exactly one uncompressed message of at most `maxBytes` fills the payload. */
export function isWholeMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxBytes: number,
): boolean {
  const length = end - start - MESSAGE_PREFIX_BYTES;
  return (
    length >= 0 &&
    length <= maxBytes &&
    bytes[start] === 0 &&
    readUint32(bytes, start + 1) === length
  );
}

/**
 * Finds gRPC messages in the payloads of DATA frames. A message inside one payload is a view of it; one
 * that spans several is put together in memory that grows as it arrives, not as its prefix claims.
 */
export class MessageReader {
  readonly #limits: MessageLimits;
  readonly #prefix = new Uint8Array(MESSAGE_PREFIX_BYTES);
  #prefixHave = 0;
  #compressed = false;
  #length = 0;
  #message: Uint8Array | undefined;
  #have = 0;
  #position = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** True in the middle of a message. */
  get incomplete(): boolean {
    return this.#prefixHave > 0;
  }

  /** Where the last `next` stopped reading. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next message that is complete with the borrowed bytes from `start` to `end`, or undefined when
   * all of them are used up. Go on at `position`. Raises `RpcError`, after which it must not be used.
   */
  next(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    let at = start;
    while (this.#prefixHave < MESSAGE_PREFIX_BYTES) {
      if (at === end) {
        this.#position = end;
        return undefined;
      }
      this.#prefix[this.#prefixHave++] = bytes[at++]!;
      if (this.#prefixHave === MESSAGE_PREFIX_BYTES) this.#checkPrefix();
    }
    const take = Math.min(this.#length - this.#have, end - at);
    this.#position = at + take;
    if (this.#message === undefined && take === this.#length) {
      return this.#finish(bytes.subarray(at, at + take));
    }
    const message = this.#grow(this.#have + take);
    message.set(bytes.subarray(at, at + take), this.#have);
    this.#have += take;
    return this.#have === this.#length
      ? this.#finish(message.subarray(0, this.#length))
      : undefined;
  }

  /** Gives memory back when the rest will not come. */
  drop(): void {
    if (this.#message !== undefined) this.#limits.budget.used -= this.#message.length;
    this.#message = undefined;
  }

  #checkPrefix(): void {
    const flag = this.#prefix[0]!;
    if (flag > 1) {
      throw new RpcError(Status.INTERNAL, `grpc: received unexpected payload format ${flag}`);
    }
    this.#compressed = flag === 1;
    this.#length = readUint32(this.#prefix, 1);
    const { maxBytes } = this.#limits;
    if (this.#length > maxBytes) {
      throw new RpcError(
        Status.RESOURCE_EXHAUSTED,
        `grpc: received message larger than max (${this.#length} vs. ${maxBytes})`,
      );
    }
  }

  #grow(needed: number): Uint8Array {
    const old = this.#message;
    if (old !== undefined && old.length >= needed) return old;
    const size = Math.min(this.#length, Math.max(FIRST_BYTES, needed * 2));
    const { budget } = this.#limits;
    if (budget.used + size > budget.max) {
      throw new RpcError(
        Status.RESOURCE_EXHAUSTED,
        "grpc: too many incomplete messages on this connection",
      );
    }
    const grown = new Uint8Array(size);
    budget.used += size - (old?.length ?? 0);
    if (old !== undefined) grown.set(old.subarray(0, this.#have));
    this.#message = grown;
    return grown;
  }

  #finish(message: Uint8Array): Uint8Array {
    this.drop();
    this.#prefixHave = 0;
    this.#have = 0;
    if (!this.#compressed) return message;
    const { encoding, maxBytes, inflates } = this.#limits;
    let bytes = maxBytes;
    try {
      const unpacked = decompress(message, encoding, maxBytes);
      bytes = unpacked.length;
      return unpacked;
    } finally {
      inflates?.spend(bytes);
    }
  }
}
