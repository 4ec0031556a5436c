import { HEADER_WORDS, type Page } from "./page.ts";
import { BUCKET_ELEMENT, leafFlags, leafValueSize } from "./page-leaf.ts";

/** What a cursor is on. Both parts are borrowed: valid until the transaction ends. */
export interface Entry {
  readonly key: Uint8Array;
  /** Undefined: the key names a nested bucket. */
  readonly value: Uint8Array | undefined;
  /**
   * Key and value where they lie, without a view: the key is the `keySize` bytes of `keyBytes` from
   * `keyStart`, the value likewise; a bucket's `valueSize` is 0.
   */
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keySize: number;
  readonly valueBytes: Uint8Array;
  readonly valueStart: number;
  readonly valueSize: number;
}

/**
 * An entry of a page. Making a view of memory costs more than the move of the cursor did, so `key`
 * and `value` are made when asked for: keep what you use more than once, or read in place.
 */
export class PageEntry implements Entry {
  readonly keyStart: number;
  readonly keySize: number;
  readonly #page: Page;
  readonly #index: number;

  constructor(page: Page, index: number) {
    const { words } = page;
    const word = HEADER_WORDS + index * 4;
    this.keyStart = word * 4 + words[word + 1]!;
    this.keySize = words[word + 2]!;
    this.#page = page;
    this.#index = index;
  }

  get key(): Uint8Array {
    return new Uint8Array(this.#pageToRead().buffer, this.keyStart, this.keySize);
  }

  get value(): Uint8Array | undefined {
    if (this.#isBucket()) return undefined;
    const size = leafValueSize(this.#page, this.#index);
    return new Uint8Array(this.#page.buffer, this.valueStart, size);
  }

  get keyBytes(): Uint8Array {
    return this.#pageToRead().bytes;
  }

  get valueBytes(): Uint8Array {
    return this.#page.bytes;
  }

  get valueStart(): number {
    return this.keyStart + this.keySize;
  }

  get valueSize(): number {
    return this.#isBucket() ? 0 : leafValueSize(this.#page, this.#index);
  }

  #isBucket(): boolean {
    return (leafFlags(this.#page, this.#index) & BUCKET_ELEMENT) !== 0;
  }

  /** Who reads the first key of a page is likely to go through all of it. */
  #pageToRead(): Page {
    if (this.#index === 0) this.#page.touch();
    return this.#page;
  }
}

/** An entry of a node, where key and value lie apart. */
export function nodeEntry(key: Uint8Array, value: Uint8Array | undefined): Entry {
  const valueBytes = value ?? NO_BYTES;
  return {
    key,
    value,
    keyBytes: key,
    keyStart: 0,
    keySize: key.length,
    valueBytes,
    valueStart: 0,
    valueSize: valueBytes.length,
  };
}

const NO_BYTES = new Uint8Array(0);
