import { type Init, type MessageCodec } from "@nodetcd/messages";
import { WireWriter } from "@nodetcd/bytes";

const EIGHT = new Uint8Array(8);
/** An HTTP chunk's length in eight digits, and the end of its line. */
const CHUNK_LINE = Buffer.from("00000000\r\n");
const LINE_END = Buffer.from("\r\n");

/** Writes frames one behind the other into one HTTP chunk. */
export class FrameWriter {
  readonly #writer = new WireWriter(4096);
  /** Places of lengths that are known later, and the lengths. */
  #lengths: [number, number][] = [];

  constructor() {
    this.#writer.raw(CHUNK_LINE);
  }

  /** Bytes written since the last `finish`. */
  get length(): number {
    return this.#writer.length - CHUNK_LINE.length;
  }

  byte(value: number): void {
    this.#writer.uint32(value);
  }

  /** Eight bytes, big-endian. */
  u64(value: number): void {
    this.#lengths.push([this.#writer.length, value]);
    this.#writer.raw(EIGHT);
  }

  /** A message with its length before it; returns that length. */
  sized<T>(codec: MessageCodec<T>, message: Init<T>): number {
    const at = this.#writer.length;
    this.#writer.raw(EIGHT);
    codec.write(this.#writer, message);
    const length = this.#writer.length - at - EIGHT.length;
    this.#lengths.push([at, length]);
    return length;
  }

  /** The chunk, owned by the caller; begins the next one. */
  finish(): Uint8Array {
    const { length } = this;
    this.#writer.raw(LINE_END);
    const bytes = this.#writer.finish();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const [at, value] of this.#lengths) {
      view.setUint32(at, Math.floor(value / 0x1_0000_0000));
      view.setUint32(at + 4, value >>> 0);
    }
    this.#lengths = [];
    bytes.set(Buffer.from(length.toString(16).padStart(8, "0")));
    this.#writer.raw(CHUNK_LINE);
    return bytes;
  }
}
