import type { CallOptions } from "./call-options.ts";
import { isFunction, isName } from "./check.ts";
import type { Kv } from "./kv.ts";
import type { PutOptions, PutResult } from "./put.ts";
import type { GetOptions } from "./range.ts";
import { compare, op } from "./txn.ts";

/** A value with the revision that it came from. */
export interface Found<Value> {
  readonly value: Value;
  readonly modRevision: number;
}

/** One key whose value is JSON of a type. */
export class JsonKey<Value> {
  readonly key: string;
  readonly #kv: Kv;
  readonly #parse: (value: unknown) => Value;

  /** @param parse checks what was read, and raises an error when it is something else */
  constructor(kv: Kv, key: string, parse: (value: unknown) => Value) {
    isName(key, "key");
    isFunction(parse, "parse");
    this.#kv = kv;
    this.key = key;
    this.#parse = parse;
  }

  /** `undefined` when there is none. */
  async get(options: CallOptions & GetOptions = {}): Promise<Value | undefined> {
    return (await this.#read(options))?.value;
  }

  put(value: Value, options: CallOptions & PutOptions = {}): Promise<PutResult> {
    return this.#kv.put(this.key, JSON.stringify(value), options);
  }

  async delete(options: CallOptions = {}): Promise<boolean> {
    return (await this.#kv.delete(this.key, options)).deleted > 0;
  }

  /**
   * Reads, changes and writes until nobody came in between: `change` may run several times. It answers the new value,
   * or `undefined` to leave it as it is.
   *
   * @returns what the key holds then
   */
  async update(
    change: (value: Value | undefined) => Value | undefined,
    options: CallOptions = {},
  ): Promise<Value | undefined> {
    for (;;) {
      const found = await this.#read(options);
      const value = change(found?.value);
      if (value === undefined) return found?.value;
      const { succeeded } = await this.#kv
        .txn(options)
        .if(compare.modRevision(this.key, "=", found?.modRevision ?? 0))
        .then(
          op.put(this.key, JSON.stringify(value), found === undefined ? {} : { ignoreLease: true }),
        )
        .commit();
      if (succeeded) return value;
    }
  }

  async #read(options: CallOptions & GetOptions): Promise<Found<Value> | undefined> {
    const found = await this.#kv.get(this.key, options);
    if (found === undefined) return undefined;
    return { value: this.#parse(found.json()), modRevision: found.modRevision };
  }
}
