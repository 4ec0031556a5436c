import { ErrorCode, Http2Error } from "../http2-error.ts";
import { DEFAULT_TABLE_BYTES, DynamicTable } from "./dynamic-table.ts";
import { HeaderEntry } from "./header-entry.ts";
import { huffmanDecode } from "./huffman.ts";
import { STATIC_TABLE } from "./static-table.ts";

/** Takes the fields of a header block in order. */
export interface FieldSink {
  onField(name: string, value: string): void;
}

/** An index or length beyond this is an attack or a mistake. */
const INTEGER_MAX = 1 << 28;

function malformed(message: string): Http2Error {
  return new Http2Error(ErrorCode.COMPRESSION_ERROR, message);
}

/** Decodes header blocks (RFC 7541); one for each connection. Malformed input ends the connection. */
export class HpackDecoder {
  readonly table: DynamicTable = new DynamicTable();
  /** What this side has announced as SETTINGS_HEADER_TABLE_SIZE. */
  readonly #maxTableBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  #scratch: Buffer = Buffer.alloc(256);

  constructor(maxTableBytes: number = DEFAULT_TABLE_BYTES) {
    this.#maxTableBytes = maxTableBytes;
    if (maxTableBytes !== DEFAULT_TABLE_BYTES) this.table.resize(maxTableBytes);
  }

  /** Decodes one complete block, borrowed for the call, into the sink. */
  decode(bytes: Uint8Array, start: number, end: number, sink: FieldSink): void {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
    this.#sizeUpdates();
    while (this.#position < end) {
      const first = bytes[this.#position]!;
      if (first >= 0x80) {
        const { name, value } = this.#entry(this.#integer(0x7f));
        sink.onField(name, value);
      } else if (first >= 0x40) {
        const entry = this.#literal(0x3f);
        this.table.insert(entry);
        sink.onField(entry.name, entry.value);
      } else if (first >= 0x20) {
        throw malformed("Table size update in the middle of a header block");
      } else {
        const { name, value } = this.#literal(0x0f);
        sink.onField(name, value);
      }
    }
  }

  #sizeUpdates(): void {
    while (this.#position < this.#end && (this.#bytes[this.#position]! & 0xe0) === 0x20) {
      const size = this.#integer(0x1f);
      if (size > this.#maxTableBytes) throw malformed("Table size update is above the limit");
      this.table.resize(size);
    }
  }

  #entry(index: number): HeaderEntry {
    const entry = index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.table.get(index);
    if (entry === undefined) throw malformed(`Header index ${index} is not in the tables`);
    return entry;
  }

  #literal(mask: number): HeaderEntry {
    const index = this.#integer(mask);
    const name = index === 0 ? this.#string() : this.#entry(index).name;
    return new HeaderEntry(name, this.#string());
  }

  /** RFC 7541 section 5.1; `mask` has the prefix bits set. */
  #integer(mask: number): number {
    let value = this.#bytes[this.#position++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.#position >= this.#end) throw malformed("Header block ends inside an integer");
      const byte = this.#bytes[this.#position++]!;
      if (shift > 21) throw malformed("Integer in a header block is too large");
      value += (byte & 0x7f) << shift;
      if (value > INTEGER_MAX) throw malformed("Integer in a header block is too large");
      if (byte < 0x80) return value;
    }
  }

  #string(): string {
    if (this.#position >= this.#end) throw malformed("Header block ends before a string");
    const huffman = (this.#bytes[this.#position]! & 0x80) !== 0;
    const length = this.#integer(0x7f);
    const start = this.#position;
    const end = start + length;
    if (end > this.#end) throw malformed("Header block ends inside a string");
    this.#position = end;
    if (!huffman) return latin1(this.#bytes, start, end);
    const room = Math.ceil((length * 8) / 5);
    if (this.#scratch.length < room) this.#scratch = Buffer.alloc(room);
    const written = huffmanDecode(this.#bytes, start, end, this.#scratch);
    if (written < 0) throw malformed("Huffman code in a header block is malformed");
    return this.#scratch.toString("latin1", 0, written);
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
