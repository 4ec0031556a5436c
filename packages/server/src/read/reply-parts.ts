import { WireWriter } from "@nodetcd/bytes";
import { RequestError } from "../errors.ts";
import { JOIN_STEP_BYTES, REPLY_BYTES_MAX } from "../limits.ts";
import type { TimeSlice } from "./fair-queue.ts";

/** What a call is told whose reply would be so long. */
export function replyTooLarge(length: number): RequestError {
  return new RequestError(
    "REPLY_TOO_LARGE",
    `grpc: trying to send message larger than max (${length} vs. ${REPLY_BYTES_MAX})`,
  );
}

const prefix = new WireWriter(16);

/** A long reply while it is made: pieces, which are put together in the end. */
export class ReplyParts {
  #parts: (Uint8Array | undefined)[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Takes over the bytes. Raises `REPLY_TOO_LARGE`. */
  add(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > REPLY_BYTES_MAX) throw replyTooLarge(this.#length);
    if (part.length > 0) this.#parts.push(part);
  }

  /** Takes over the parts of `content`. Raises `REPLY_TOO_LARGE`. */
  addAll(content: ReplyParts): void {
    for (const part of content.#parts) if (part !== undefined) this.add(part);
    content.#parts = [];
  }

  /** As `addAll`, with their length before them. */
  addDelimited(content: ReplyParts): void {
    prefix.uint32(content.#length);
    this.add(prefix.finish());
    this.addAll(content);
  }

  /** The whole, owned by the caller; yields where the slice is over. Called once. */
  *join(slice: TimeSlice): Generator<void, Uint8Array> {
    const [only] = this.#parts;
    if (this.#parts.length === 1 && only !== undefined) return only;
    const whole = Buffer.allocUnsafeSlow(this.#length);
    let offset = 0;
    for (let place = 0; place < this.#parts.length; place++) {
      const part = this.#parts[place]!;
      for (let copied = 0; copied < part.length; copied += JOIN_STEP_BYTES) {
        if (copied > 0 && slice.over) yield;
        whole.set(part.subarray(copied, copied + JOIN_STEP_BYTES), offset + copied);
      }
      offset += part.length;
      // Not needed twice.
      this.#parts[place] = undefined;
      if (slice.over) yield;
    }
    return whole;
  }
}
