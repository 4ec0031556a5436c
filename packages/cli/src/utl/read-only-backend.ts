import type { Database } from "@nodetcd/bolt";
import type { BackendLike } from "@nodetcd/mvcc";

type BucketName = "key" | "meta";
type Visit = Parameters<BackendLike["range"]>[4];

const NAMES = { key: Buffer.from("key"), meta: Buffer.from("meta") };

/**
 * A database file as a store reads it, with what the store would write kept in memory: such as the marks of a compaction that
 * it takes up. The file stays as it is.
 */
export class ReadOnlyBackend implements BackendLike {
  readonly #database: Database;
  /** By bucket and key as latin1; undefined: deleted. */
  readonly #changes = new Map<string, Uint8Array | undefined>();

  constructor(database: Database) {
    this.#database = database;
  }

  get(bucket: BucketName, key: Uint8Array): Uint8Array | undefined {
    const name = changeName(bucket, key);
    if (this.#changes.has(name)) return this.#changes.get(name);
    return this.#database.view((tx) => {
      const value = tx.bucket(NAMES[bucket])?.get(key);
      return value === undefined ? undefined : new Uint8Array(value);
    });
  }

  put(bucket: BucketName, key: Uint8Array, value: Uint8Array): void {
    this.#changes.set(changeName(bucket, key), value);
  }

  delete(bucket: BucketName, key: Uint8Array): void {
    this.#changes.set(changeName(bucket, key), undefined);
  }

  range(
    bucket: BucketName,
    start: Uint8Array,
    end: Uint8Array | undefined,
    limit: number,
    visit: Visit,
  ): void {
    this.#database.view((tx) => {
      const cursor = tx.bucket(NAMES[bucket])?.cursor();
      let count = 0;
      for (let entry = cursor?.seek(start); entry !== undefined; entry = cursor?.next()) {
        const { key, value } = entry;
        if (end !== undefined && Buffer.compare(key, end) >= 0) return;
        const isDeleted = this.#changes.has(changeName(bucket, key));
        if (value === undefined || isDeleted) continue;
        if (visit(key, value) === false) return;
        if (++count === limit) return;
      }
    });
  }

  async commit(): Promise<void> {}
}

function changeName(bucket: BucketName, key: Uint8Array): string {
  return `${bucket} ${Buffer.from(key).toString("latin1")}`;
}
