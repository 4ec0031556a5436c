import type { WireWriter } from "@nodetcd/bytes";
import { REPLY_BYTES_MAX, RESPONSE_PART_BYTES } from "../limits.ts";
import { replyWriter } from "../wire/reply-writer.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import type { TimeSlice } from "./fair-queue.ts";
import { ReplyParts, replyTooLarge } from "./reply-parts.ts";

/** Most bytes of the length of a field. */
const LENGTH_BYTES_MAX = 5;

/**
 * A reply of fields within fields, whose lengths are known when they are closed. Most fit into the writer that all
 * replies share; a long one is moved out of it piece by piece. One that nobody could send is forgotten at once, and
 * what is written to it from then on is, too.
 */
export class NestedReply {
  readonly writer: WireWriter = replyWriter;
  /** Where the open fields begin in the writer; unused once there are `#levels`. */
  readonly #marks: number[] = [];
  /** What was moved out of the writer: of the reply itself and of each open field, the innermost last. */
  #levels: ReplyParts[] | undefined;
  /** Bytes moved out of the writer, and at most those of the lengths between them. */
  #moved = 0;

  constructor() {
    this.writer.reset();
  }

  /** It is longer than any client could be sent; nothing is kept any more. */
  get isTooLong(): boolean {
    return this.#moved > REPLY_BYTES_MAX;
  }

  /** Begins a length-delimited field. */
  open(tag: number): void {
    this.writer.uint32(tag);
    if (this.#levels === undefined) this.#marks.push(this.writer.beginDelimited());
    else {
      this.moveOut();
      this.#levels.push(new ReplyParts());
    }
  }

  /** Ends the field that was opened last. */
  close(): void {
    if (this.#levels === undefined) {
      this.writer.endDelimited(this.#marks.pop()!);
      if (this.writer.length > RESPONSE_PART_BYTES) this.moveOut();
      return;
    }
    this.moveOut();
    const content = this.#levels.pop()!;
    if (this.#takes(LENGTH_BYTES_MAX)) this.#levels.at(-1)!.addDelimited(content);
  }

  /** Leaves the shared writer to others, as at the end of a turn of the loop, and when much is written. */
  moveOut(): void {
    this.#levels ??= this.#split();
    this.add(this.writer.finish());
  }

  /** Takes over bytes as they are; `moveOut` was called after what was written before them. */
  add(part: Uint8Array): void {
    if (this.#takes(part.length)) this.#levels!.at(-1)!.add(part);
  }

  /** Whether so many bytes more can be sent; else all of it is forgotten. */
  #takes(bytes: number): boolean {
    this.#moved += bytes;
    if (this.isTooLong) this.#levels = this.#levels!.map(() => new ReplyParts());
    return !this.isTooLong;
  }

  /** The parts that are before the content of the innermost open field. */
  #split(): ReplyParts[] {
    const whole = this.writer.finish();
    const levels = [new ReplyParts()];
    let start = 0;
    for (const mark of this.#marks) {
      levels.at(-1)!.add(whole.subarray(start, mark));
      levels.push(new ReplyParts());
      // The byte at the mark is kept for the length.
      start = mark + 1;
    }
    levels.at(-1)!.add(whole.subarray(start));
    this.#moved += whole.length;
    return levels;
  }

  /** It would be `bytes` longer than it is, which is too much. */
  forget(bytes: number): void {
    this.moveOut();
    this.#takes(bytes);
  }

  /**
   * The whole reply with its header, owned by the caller, when no field is open; yields where the slice is over.
   * Raises `REPLY_TOO_LARGE`.
   */
  *finish(
    headers: ResponseHeaders,
    revision: number,
    slice: TimeSlice,
  ): Generator<void, Uint8Array> {
    if (this.#levels === undefined) return headers.replyWith(revision, this.writer);
    this.moveOut();
    if (this.isTooLong) throw replyTooLarge(this.#moved);
    const whole = new ReplyParts();
    whole.add(headers.reply(revision));
    whole.addAll(this.#levels[0]!);
    return yield* whole.join(slice);
  }
}
