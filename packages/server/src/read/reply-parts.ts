import { RequestError } from "../errors.ts";
import { JOIN_STEP_BYTES, REPLY_BYTES_MAX } from "../limits.ts";
import type { SlicedTask } from "./fair-queue.ts";

/** A long reply while it is made: pieces, which are put together in the end. */
export class ReplyParts {
  readonly #parts: (Uint8Array | undefined)[] = [];
  #length = 0;

  /** Takes over the bytes. Raises `REPLY_TOO_LARGE`. */
  add(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > REPLY_BYTES_MAX) {
      throw new RequestError(
        "REPLY_TOO_LARGE",
        `grpc: trying to send message larger than max (${this.#length} vs. ${REPLY_BYTES_MAX})`,
      );
    }
    if (part.length > 0) this.#parts.push(part);
  }

  /** The whole, owned by the caller. Called once. */
  async join(work: SlicedTask): Promise<Uint8Array> {
    const [only] = this.#parts;
    if (this.#parts.length === 1 && only !== undefined) return only;
    const whole = Buffer.allocUnsafeSlow(this.#length);
    let part = 0;
    let copied = 0;
    let offset = 0;
    await work.run(() => {
      for (let bytes = this.#parts[part]; bytes !== undefined; bytes = this.#parts[part]) {
        const piece = bytes.subarray(copied, copied + JOIN_STEP_BYTES);
        whole.set(piece, offset);
        offset += piece.length;
        copied += piece.length;
        if (copied === bytes.length) {
          // Not needed twice.
          this.#parts[part++] = undefined;
          copied = 0;
        }
        if (work.over) return part === this.#parts.length;
      }
      return true;
    });
    return whole;
  }
}
