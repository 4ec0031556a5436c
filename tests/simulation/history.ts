/** A naive etcd: what a history of changes adds up to, record by record. */
import { crc32c } from "@nodetcd/bytes";
import { KeyValue } from "@nodetcd/messages";

/** A change of one key; no value: deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly lease: bigint;
}

export interface Held {
  readonly value: string;
  readonly lease: bigint;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

interface StoredRecord {
  readonly key: string;
  readonly main: number;
  readonly isTombstone: boolean;
  readonly bucketKey: Buffer;
  readonly value: Uint8Array;
}

const text = (value: string): Buffer => Buffer.from(value);

export class History {
  /** Changes by revision; revision 1 is the empty store. */
  readonly #changes: (readonly Change[])[] = [[], []];
  readonly #held = new Map<string, Held>();
  readonly #records: StoredRecord[] = [];

  get revision(): number {
    return this.#changes.length - 1;
  }

  at(revision: number): readonly Change[] | undefined {
    return this.#changes[revision];
  }

  get(key: string): Held | undefined {
    return this.#held.get(key);
  }

  /** Keys from `from` on and below `end`, in order. */
  keys(from = "", end = "\u{10ffff}"): string[] {
    return [...this.#held.keys()].filter((key) => key >= from && key < end).sort();
  }

  keysOf(lease: bigint): string[] {
    return this.keys().filter((key) => this.#held.get(key)?.lease === lease);
  }

  /** The next revision. */
  add(changes: readonly Change[]): void {
    this.#changes.push(changes);
    for (const [sub, change] of changes.entries()) this.#addOne(change, this.revision, sub);
  }

  #addOne({ key, value, lease }: Change, main: number, sub: number): void {
    const isTombstone = value === undefined;
    const bucketKey = Buffer.alloc(isTombstone ? 18 : 17, "_");
    bucketKey.writeBigUInt64BE(BigInt(main), 0);
    bucketKey.writeBigUInt64BE(BigInt(sub), 9);
    if (isTombstone) bucketKey.write("t", 17);
    const before = this.#held.get(key);
    let stored = KeyValue.encode({ key: text(key) });
    if (isTombstone) this.#held.delete(key);
    else {
      const counters = {
        createRevision: before?.createRevision ?? main,
        modRevision: main,
        version: (before?.version ?? 0) + 1,
      };
      this.#held.set(key, { value, lease, ...counters });
      stored = KeyValue.encode({ key: text(key), value: text(value), lease, ...counters });
    }
    this.#records.push({ key, main, isTombstone, bucketKey, value: stored });
  }

  /** etcd's HashKV at the current revision. */
  hash(compactRevision: number): number {
    const newest = new Map(this.#records.map((record) => [record.key, record]));
    let crc = crc32c(0, text("key"));
    for (const record of this.#records) {
      const isOld = record.main <= compactRevision;
      if (isOld && (record.isTombstone || newest.get(record.key) !== record)) continue;
      crc = crc32c(crc32c(crc, record.bucketKey), record.value);
    }
    return crc;
  }

  /** Keys of the records that are left once the compaction is done, in hexadecimal. */
  recordsAfter(compactRevision: number): string[] {
    const newest = new Map<string, StoredRecord>();
    for (const record of this.#records) {
      if (record.main <= compactRevision) newest.set(record.key, record);
    }
    return this.#records
      .filter((record) => {
        if (record.main > compactRevision) return true;
        const isGone = record.isTombstone && record.main < compactRevision;
        return newest.get(record.key) === record && !isGone;
      })
      .map(({ bucketKey }) => bucketKey.toString("hex"));
  }
}
