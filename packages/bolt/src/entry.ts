import type { Page } from "./page.ts";
import {
  BUCKET_ELEMENT,
  leafFlags,
  leafKey,
  leafKeySize,
  leafValue,
  leafValueSize,
} from "./page-leaf.ts";

/** What a cursor is on. Both parts are borrowed: valid until the transaction ends. */
export interface Entry {
  readonly key: Uint8Array;
  /** Undefined: the key names a nested bucket. */
  readonly value: Uint8Array | undefined;
  /** Bytes of the key and of the value (0 for a bucket), without making a view of either. */
  readonly keySize: number;
  readonly valueSize: number;
}

/**
 * An entry of a page. Making a view of memory costs more than the move of the cursor did, so `key`
 * and `value` are made when asked for: keep what you use more than once.
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

  get keySize(): number {
    return leafKeySize(this.#page, this.#index);
  }

  get valueSize(): number {
    const isBucket = (leafFlags(this.#page, this.#index) & BUCKET_ELEMENT) !== 0;
    return isBucket ? 0 : leafValueSize(this.#page, this.#index);
  }
}
