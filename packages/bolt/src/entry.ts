import type { Page } from "./page.ts";
import {
  BUCKET_ELEMENT,
  leafFlags,
  leafKey,
  leafKeySize,
  leafKeyStart,
  leafValue,
  leafValueSize,
} from "./page-leaf.ts";

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
  readonly #page: Page;
  readonly #index: number;

  constructor(page: Page, index: number) {
    this.#page = page;
    this.#index = index;
  }

  get key(): Uint8Array {
    return leafKey(this.#page, this.#index);
  }

  get value(): Uint8Array | undefined {
    const isBucket = (leafFlags(this.#page, this.#index) & BUCKET_ELEMENT) !== 0;
    return isBucket ? undefined : leafValue(this.#page, this.#index);
  }

  get keyBytes(): Uint8Array {
    return this.#page.bytes;
  }

  get keyStart(): number {
    return leafKeyStart(this.#page, this.#index);
  }

  get keySize(): number {
    return leafKeySize(this.#page, this.#index);
  }

  get valueBytes(): Uint8Array {
    return this.#page.bytes;
  }

  get valueStart(): number {
    return leafKeyStart(this.#page, this.#index) + leafKeySize(this.#page, this.#index);
  }

  get valueSize(): number {
    const isBucket = (leafFlags(this.#page, this.#index) & BUCKET_ELEMENT) !== 0;
    return isBucket ? 0 : leafValueSize(this.#page, this.#index);
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
