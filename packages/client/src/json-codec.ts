import type { CallOptions } from "./call-options.ts";
import { isFunction, isName } from "./check.ts";
import type { Kv } from "./kv.ts";
import type { PutOptions, PutResult } from "./put.ts";
import type { GetOptions } from "./range.ts";
import { compare, op } from "./txn.ts";
import type { WatchOptions } from "./watch.ts";
import type { Watcher } from "./watcher.ts";

/** A value with the revision that it came from. */
export interface Found<Value> {
  readonly value: Value;
  readonly modRevision: number;
}

/** One key whose value is JSON of a type. */
export class JsonKey<Value> {
  readonly key: string;
  readonly #kv: Kv;
  readonly #watch: (key: string, options: WatchOptions) => Watcher;
  readonly #parse: (value: unknown) => Value;

  /** @param parse checks what was read, and raises an error when it is something else */
  constructor(
    kv: Kv,
    watch: (key: string, options: WatchOptions) => Watcher,
    key: string,
    parse: (value: unknown) => Value,
  ) {
    isName(key, "key");
    isFunction(parse, "parse");
    this.#kv = kv;
    this.#watch = watch;
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

  /**
   * What the key holds now, and then each time that it changes, without a gap; `undefined` where it does not exist. Until
   * the loop is left, or the signal ends it. What `parse` does not take fails the loop.
   */
  async *values(
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Value | undefined, void, undefined> {
    const found = await this.#kv.range(this.key, options);
    const keyValue = found.keyValues[0];
    yield keyValue && this.#parse(keyValue.json());
    const watcher = this.#watch(this.key, { ...options, startRevision: found.revision + 1 });
    for await (const { type, keyValue: changed } of watcher) {
      yield type === "delete" ? undefined : this.#parse(changed.json());
    }
  }

  async #read(options: CallOptions & GetOptions): Promise<Found<Value> | undefined> {
    const found = await this.#kv.get(this.key, options);
    if (found === undefined) return undefined;
    return { value: this.#parse(found.json()), modRevision: found.modRevision };
  }
}
