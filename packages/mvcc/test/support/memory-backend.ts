import type { BackendLike } from "../../src/mvcc.ts";

type Bucket = "key" | "meta";

/** Ordered records of one bucket. */
class Records {
  readonly keys: string[] = [];
  readonly values = new Map<string, Uint8Array>();

  put(key: string, value: Uint8Array): void {
    if (!this.values.has(key)) this.keys.splice(this.lowerBound(key), 0, key);
    this.values.set(key, value);
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.keys.splice(this.lowerBound(key), 1);
  }

  lowerBound(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytes = (key: string): Uint8Array => Buffer.from(key, "latin1");

/**
 * A backend in memory that knows what a crash would leave: what was committed. Values are copied
 * into scratch memory that is overwritten later, so that keeping a borrowed one shows.
 */
export class MemoryBackend implements BackendLike {
  #records: Record<Bucket, Records> = { key: new Records(), meta: new Records() };
  #open: ((records: Record<Bucket, Records>) => void)[] = [];
  #committed: Record<Bucket, Records> = { key: new Records(), meta: new Records() };
  #lent: Uint8Array[] = [];
  #held: Promise<void> | undefined;
  commits = 0;
  /** Runs with every commit; a test may stop the world here. */
  onCommit: () => void = () => undefined;

  get(bucket: Bucket, key: Uint8Array): Uint8Array | undefined {
    const value = this.#records[bucket].values.get(text(key));
    return value === undefined ? undefined : this.#lend(value);
  }

  put(bucket: Bucket, key: Uint8Array, value: Uint8Array): void {
    this.#change((records) => records[bucket].put(text(key), value));
  }

  delete(bucket: Bucket, key: Uint8Array): void {
    this.#change((records) => records[bucket].delete(text(key)));
  }

  range(
    bucket: Bucket,
    start: Uint8Array,
    end: Uint8Array | undefined,
    limit: number,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void {
    const { keys, values } = this.#records[bucket];
    const stop = end === undefined ? undefined : text(end);
    let left = limit === 0 ? Infinity : limit;
    for (let i = this.#records[bucket].lowerBound(text(start)); i < keys.length; i++) {
      const key = keys[i]!;
      if ((stop !== undefined && key >= stop) || left-- <= 0) return;
      const value = values.get(key)!;
      if (visit(this.#lend(bytes(key)), this.#lend(value)) === false) return;
    }
  }

  /** As that of `Backend`. */
  hold(): () => void {
    let resolve = (): void => undefined;
    this.#held = new Promise((resolved) => (resolve = resolved));
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  commit(): Promise<void> {
    if (this.#held !== undefined) return this.#held.then(() => this.commit());
    this.commits++;
    for (const change of this.#open) change(this.#committed);
    this.#open = [];
    this.#spoil();
    this.onCommit();
    return Promise.resolve();
  }

  /** What a process would find that starts after a crash now. */
  afterCrash(): MemoryBackend {
    const survivor = new MemoryBackend();
    for (const bucket of ["key", "meta"] as const) {
      for (const [key, value] of this.#committed[bucket].values) {
        survivor.put(bucket, bytes(key), new Uint8Array(value));
      }
    }
    void survivor.commit();
    return survivor;
  }

  /** Everything in a bucket, as hex. */
  dump(bucket: Bucket): string[] {
    const { keys, values } = this.#records[bucket];
    return keys.map(
      (key) => `${Buffer.from(key, "latin1").toString("hex")} ${hex(values.get(key)!)}`,
    );
  }

  #change(apply: (records: Record<Bucket, Records>) => void): void {
    apply(this.#records);
    this.#open.push(apply);
  }

  #lend(value: Uint8Array): Uint8Array {
    // A Buffer, as a backend may give: its `slice` does not copy.
    const copy = Buffer.from(value);
    this.#lent.push(copy);
    return copy;
  }

  /** Borrowed memory is gone: whoever kept it sees that. */
  #spoil(): void {
    for (const copy of this.#lent) copy.fill(0xee);
    this.#lent = [];
  }
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}
