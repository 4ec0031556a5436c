import { DEFAULT_TABLE_BYTES, DynamicTable } from "./dynamic-table.ts";
import { HeaderEntry } from "./header-entry.ts";
import { huffmanEncode, huffmanSize } from "./huffman.ts";
import { fieldKey, STATIC_FIELDS, STATIC_NAMES } from "./static-table.ts";

/** One field to encode; strings are latin1. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  /**
   * `index`: worth a place in the dynamic table. `plain`: differs each time. `never`: secret, and
   * intermediaries must not index it either.
   */
  readonly indexing: "index" | "plain" | "never";
}

/** Encodes header blocks (RFC 7541) with a dynamic table; one for each connection. */
export class HpackEncoder {
  readonly #table = new DynamicTable();
  /** Number of the newest insertion, by field and by name. */
  readonly #fields = new Map<string, number>();
  readonly #names = new Map<string, number>();
  /** The smallest size that the peer has asked for since the last block; signalled before the next. */
  #pendingSize: number | undefined;
  #out: Buffer = Buffer.alloc(512);
  #length = 0;

  /** A block encoded at one generation is what `encode` gives at the same generation again. */
  get generation(): number {
    return this.#pendingSize === undefined ? this.#table.generation : -1;
  }

  /** Takes the peer's SETTINGS_HEADER_TABLE_SIZE; more than the default is not used. */
  limitTable(bytes: number): void {
    const size = Math.min(bytes, DEFAULT_TABLE_BYTES);
    if (size !== this.#table.maxSize) {
      this.#pendingSize = Math.min(size, this.#pendingSize ?? size);
      this.#table.resize(size);
    }
  }

  /** Returns one block, owned by the caller. */
  encode(fields: readonly HeaderField[]): Uint8Array {
    this.#length = 0;
    this.#signalSize();
    for (const field of fields) this.#field(field);
    const block = new Uint8Array(this.#length);
    block.set(this.#out.subarray(0, this.#length));
    return block;
  }

  #signalSize(): void {
    if (this.#pendingSize === undefined) return;
    this.#reserve(16);
    if (this.#pendingSize < this.#table.maxSize) this.#integer(0x20, 0x1f, this.#pendingSize);
    this.#integer(0x20, 0x1f, this.#table.maxSize);
    this.#pendingSize = undefined;
  }

  #field(field: HeaderField): void {
    const { name, value, indexing } = field;
    this.#reserve(name.length + value.length + 24);
    const key = fieldKey(name, value);
    const index = indexing === "never" ? 0 : this.#find(STATIC_FIELDS, this.#fields, key);
    if (index > 0) {
      this.#integer(0x80, 0x7f, index);
      return;
    }
    const nameIndex = this.#find(STATIC_NAMES, this.#names, name);
    if (indexing === "index" && name.length + value.length < this.#table.maxSize / 2) {
      this.#integer(0x40, 0x3f, nameIndex);
      this.#remember(name, value, key);
    } else this.#integer(indexing === "never" ? 0x10 : 0, 0x0f, nameIndex);
    if (nameIndex === 0) this.#string(name);
    this.#string(value);
  }

  #find(
    fixed: ReadonlyMap<string, number>,
    inserted: ReadonlyMap<string, number>,
    key: string,
  ): number {
    const number = inserted.get(key);
    return fixed.get(key) ?? (number === undefined ? 0 : this.#table.indexOf(number));
  }

  #remember(name: string, value: string, key: string): void {
    if (!this.#table.insert(new HeaderEntry(name, value))) return;
    // Every entry takes at least 32 bytes of the table: more keys than that are mostly evicted ones.
    if (this.#fields.size > DEFAULT_TABLE_BYTES / 16) this.#forgetEvicted();
    this.#fields.set(key, this.#table.inserted);
    this.#names.set(name, this.#table.inserted);
  }

  #forgetEvicted(): void {
    for (const map of [this.#fields, this.#names]) {
      for (const [key, number] of map) if (this.#table.indexOf(number) === 0) map.delete(key);
    }
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#out.length) return;
    const grown = Buffer.alloc(Math.max(this.#length + count, this.#out.length * 2));
    this.#out.copy(grown, 0, 0, this.#length);
    this.#out = grown;
  }

  #integer(flags: number, mask: number, value: number): void {
    if (value < mask) {
      this.#out[this.#length++] = flags | value;
      return;
    }
    this.#out[this.#length++] = flags | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#out[this.#length++] = (rest & 0x7f) | 0x80;
    this.#out[this.#length++] = rest;
  }

  #string(text: string): void {
    const size = huffmanSize(text);
    if (size < text.length) {
      this.#integer(0x80, 0x7f, size);
      this.#length = huffmanEncode(text, this.#out, this.#length);
    } else {
      this.#integer(0, 0x7f, text.length);
      this.#length += this.#out.write(text, this.#length, "latin1");
    }
  }
}
