import { equalBytes } from "@nodetcd/bytes";
import type { SeededRandom } from "@nodetcd/simulator";
import { expect } from "vitest";
import {
  type KeyLeases,
  MvccError,
  openStore,
  type Store,
  type WriteTransaction,
} from "../../src/mvcc.ts";
import { hex } from "./memory-backend.ts";
import { Model, recordOf } from "./model.ts";
import { Watching } from "./watching.ts";
import type { World } from "./world.ts";

const KEYS = Array.from(
  { length: 24 },
  (_, i) => `k${String.fromCharCode(97 + i)}${"x".repeat(i % 5)}`,
);
const LEASES = [0n, 0n, 0n, 7n, 0x6abcdef012345678n];

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** The leases of a store under test; forgotten with a restart, as a lessor's would be. */
class Leases implements KeyLeases {
  readonly byKey = new Map<string, bigint>();
  attach(lease: bigint, key: Uint8Array): void {
    this.byKey.set(Buffer.from(key).toString(), lease);
  }
  detach(lease: bigint, key: Uint8Array): void {
    const text = Buffer.from(key).toString();
    expect(this.byKey.get(text)).toBe(lease);
    this.byKey.delete(text);
  }
  leaseOf(key: Uint8Array): bigint {
    return this.byKey.get(Buffer.from(key).toString()) ?? 0n;
  }
}

/** A store and a model that go through the same random life. */
export class Scenario {
  readonly model = new Model();
  comparisons = 0;
  responses = 0;
  #leases = new Leases();
  #store!: Store;
  #watching!: Watching;
  readonly #random: SeededRandom;
  readonly #world: World;
  readonly #restarts: number;

  /** @param restarts 1 for the usual number of restarts and crashes, 0 for none */
  constructor(random: SeededRandom, world: World, restarts: number) {
    this.#restarts = restarts;
    this.#random = random;
    this.#world = world;
  }

  async open(): Promise<void> {
    this.#leases = new Leases();
    this.#store = await this.#world.settle(
      openStore(this.#world.backend, {
        clock: this.#world.clock,
        lessor: this.#leases,
        compactionBatchLimit: 1 + this.#random.below(8),
        cacheBytes: this.#random.pick([0, 4096, 1 << 20]),
        hashSeed: this.#random.uint32(),
      }),
    );
    this.#watching = new Watching(this.#store, this.model, this.#random);
  }

  async step(): Promise<void> {
    const kind = this.#random.below(100);
    if (kind < 32) this.#write();
    else if (kind < 35) await this.#deleteInSteps();
    else if (kind < 60) this.#read();
    else if (kind < 66) this.#compact();
    else if (kind < 76) this.#watching.open(KEYS);
    else if (kind < 84) this.#watching.disturb();
    else if (kind < 94) await this.#world.advance(1 + this.#random.below(25));
    else if (kind < 96) await this.#hash();
    else if (kind < 98) await this.#world.settle(this.#world.backend.commit());
    else if (this.#random.chance(0.8 * this.#restarts)) {
      await (this.#random.chance(0.6) ? this.#restart() : this.#crash());
    }
    this.#watching.check();
  }

  /** Lets everything come to rest, compares it all and closes. Returns the hash of the history. */
  async finish(): Promise<number> {
    await this.#watching.quiesce(this.#world);
    this.responses += this.#watching.responses;
    await this.#world.settle(this.#store.compactionsSettled());
    const { model } = this;
    const expected = model.keptBy(model.compactRevision).map((change) => {
      const record = recordOf(change);
      return `${hex(record.key)} ${hex(record.value)}`;
    });
    expect(this.#world.records()).toEqual(expected);
    for (let r = Math.max(model.compactRevision, 1); r <= model.revision; r++) {
      this.#compareRange("\0", "\0", r, 0);
      this.#compareRange("\0", "\0", r, 3);
    }
    const leased = model.range("\0", "\0", model.revision).filter((c) => c.lease !== 0n);
    expect(this.#leases.byKey).toEqual(new Map(leased.map((c) => [c.key, c.lease])));
    await this.#hash();
    await this.#restart();
    this.#compareRange("\0", "\0", model.revision, 0);
    const { hash } = await this.#world.settle(this.#store.hashKv(0));
    await this.#world.settle(this.#store.close());
    await this.#world.close();
    return hash;
  }

  #write(): void {
    const txn = this.#store.beginWrite();
    const done = { changes: 0 };
    const puts = new Set<string>();
    // Deletions come first: etcd refuses a transaction that changes what it put before.
    for (let n = this.#random.below(3) === 0 ? 1 + this.#random.below(2) : 0; n > 0; n--) {
      this.#deleteRange(txn, done);
    }
    for (let n = this.#random.pick([0, 1, 1, 1, 2, 4]); n > 0; n--) {
      const key = this.#random.pick(KEYS);
      if (puts.has(key)) continue;
      puts.add(key);
      this.#put(txn, done, key);
    }
    if (this.#random.chance(0.3)) {
      this.#compareWith(
        txn.range(bytes("\0"), bytes("\0")).keyValues,
        "\0",
        "\0",
        this.model.revision + 1,
      );
    }
    txn.end();
    if (done.changes > 0) this.model.revision++;
    expect(this.#store.revision).toBe(this.model.revision);
  }

  #put(txn: WriteTransaction, done: { changes: number }, key: string): void {
    const value = this.#random.chance(0.1)
      ? ""
      : `v${this.#random.uint32()}`.repeat(1 + this.#random.below(9));
    const lease = this.#random.pick(LEASES);
    expect(txn.put(bytes(key), bytes(value), lease)).toBe(this.model.revision + 1);
    this.model.put(key, value, lease, done.changes++);
  }

  #deleteRange(txn: WriteTransaction, done: { changes: number }): void {
    const { key, end } = this.#anyRange();
    const deleted = txn.deleteRange(bytes(key), end === undefined ? undefined : bytes(end));
    expect(deleted).toBe(this.model.deleteRange(key, end, done.changes));
    done.changes += deleted;
  }

  /** A transaction that stays open while others read, watch and compact; now and then a crash ends it. */
  async #deleteInSteps(): Promise<void> {
    const { key, end } = this.#random.chance(0.5) ? { key: "k", end: "l" } : this.#anyRange();
    const release = this.#world.backend.hold();
    const txn = this.#store.beginWrite();
    const withPrevious = this.#random.chance(0.5);
    const keys = end === undefined ? undefined : bytes(end);
    const before = this.model.range(key, end, this.model.revision);
    const deletion = txn.beginDelete(bytes(key), keys, withPrevious ? Infinity : undefined);
    while (deletion.step(1 + this.#random.below(4)) === undefined) {
      const kind = this.#random.below(100);
      if (kind < 50) this.#read();
      else if (kind < 60) this.#compact();
      else if (kind < 70) this.#watching.open(KEYS);
      else if (kind < 80) this.#watching.disturb();
      else if (kind < 90) await this.#world.advance(1 + this.#random.below(25));
      else if (kind < 95) await this.#hash(this.model.revision);
      else if (this.#random.chance(0.3 * this.#restarts)) return this.#crash(release);
      expect(this.#store.revision).toBe(this.model.revision);
    }
    txn.end();
    release();
    expect(deletion.deleted).toBe(this.model.deleteRange(key, end, 0));
    if (withPrevious) {
      expect(deletion.previous.map((pair) => hex(pair.bytes))).toEqual(
        before.map((change) => hex(recordOf(change).value)),
      );
    }
    if (deletion.deleted > 0) this.model.revision++;
    expect(this.#store.revision).toBe(this.model.revision);
  }

  #anyRange(): { key: string; end: string | undefined } {
    const key = this.#random.pick(KEYS);
    switch (this.#random.below(5)) {
      case 0:
        return { key, end: "\0" };
      case 1:
        return { key, end: this.#random.pick(KEYS) };
      default:
        return { key, end: this.#random.chance(0.3) ? "" : undefined };
    }
  }

  #read(): void {
    const { key, end } = this.#random.chance(0.5) ? { key: "k", end: "l" } : this.#anyRange();
    if (end === undefined || end === "") this.#compareGet(key);
    const newest = this.#random.chance(0.5);
    const revision = newest ? 0 : this.#random.below(this.model.revision + 3);
    const limit = this.#random.chance(0.5) ? 0 : 1 + this.#random.below(6);
    this.#compareRange(key, end, revision, limit);
  }

  #compareGet(key: string): void {
    const expected = this.model.range(key, undefined, this.model.revision);
    const actual = this.#store.get(bytes(key));
    this.#compareWith(actual === undefined ? [] : [actual], key, undefined, this.model.revision);
    expect(actual?.lease).toBe(expected[0]?.lease);
  }

  #compareRange(key: string, end: string | undefined, revision: number, limit: number): void {
    const { model } = this;
    const read = () =>
      this.#store.range(bytes(key), end === undefined ? undefined : bytes(end), {
        revision,
        limit,
      });
    if (revision > model.revision) return this.#refused(read, "FUTURE_REVISION");
    const at = revision === 0 ? model.revision : revision;
    if (at < model.compactRevision) return this.#refused(read, "COMPACTED");
    const result = read();
    expect(result.revision).toBe(model.revision);
    const expected = model.range(key, end, at);
    expect(result.count).toBe(expected.length);
    const counted = this.#store.range(bytes(key), end === undefined ? undefined : bytes(end), {
      revision,
      countOnly: true,
    });
    expect([counted.count, counted.keyValues.length]).toEqual([expected.length, 0]);
    this.#compareWith(result.keyValues, key, end, at, limit);
  }

  #compareWith(
    actual: readonly { bytes: Uint8Array }[],
    key: string,
    end: string | undefined,
    revision: number,
    limit = 0,
  ): void {
    let expected = this.model.range(key, end, revision);
    if (limit > 0) expected = expected.slice(0, limit);
    expect(actual.length).toBe(expected.length);
    expected.forEach((change, i) => {
      const same = equalBytes(actual[i]!.bytes, recordOf(change).value);
      if (!same) expect(hex(actual[i]!.bytes)).toBe(hex(recordOf(change).value));
    });
    this.comparisons++;
  }

  #refused(action: () => unknown, code: string): void {
    this.comparisons++;
    try {
      action();
    } catch (error) {
      expect(error).toBeInstanceOf(MvccError);
      expect((error as MvccError).code).toBe(code);
      return;
    }
    expect.fail(`expected ${code}`);
  }

  #compact(): void {
    const { model } = this;
    const at = this.#random.below(model.revision + 3);
    if (at <= model.compactRevision)
      return this.#refused(() => this.#store.compact(at), "COMPACTED");
    if (at > model.revision) return this.#refused(() => this.#store.compact(at), "FUTURE_REVISION");
    this.#store.compact(at).done.catch((error: MvccError) => expect(error.code).toBe("CLOSED"));
    model.compactRevision = at;
    expect(this.#store.compactRevision).toBe(at);
  }

  #anyRevision(): number {
    const low = Math.max(this.model.compactRevision, 1);
    return low + this.#random.below(this.model.revision - low + 1);
  }

  async #hash(at: number = this.#anyRevision()): Promise<void> {
    const { model } = this;
    if (model.hashed(at).size === 0) {
      await this.#world.settle(this.#store.compactionsSettled());
    }
    // A hash that a compaction left is of another moment.
    if (this.#store.compactHashes().some((hash) => hash.hashRevision === at)) return;
    const expected = model.hash(at);
    const { hash, compactRevision } = await this.#world.settle(this.#store.hashKv(at));
    expect([hash, compactRevision]).toEqual([expected, model.compactRevision]);
    this.comparisons++;
  }

  async #restart(): Promise<void> {
    await this.#world.settle(this.#store.close());
    await this.#world.restart();
    this.responses += this.#watching.responses;
    this.#watching.endAll();
    await this.open();
    expect(this.#store.revision).toBe(this.model.revision);
    // What one open did not finish the next one takes up.
    expect(this.#store.compactRevision).toBe(this.model.compactRevision);
  }

  /** @param release lets the lost backend commit again, so that its store can be closed */
  async #crash(release: () => void = () => undefined): Promise<void> {
    const { model } = this;
    await this.#world.crash();
    release();
    const abandoned = this.#store;
    this.responses += this.#watching.responses;
    this.#watching.endAll();
    const [before, compactedBefore] = [model.revision, model.compactRevision];
    await this.open();
    await this.#world.settle(abandoned.close());
    expect(this.#store.revision).toBeLessThanOrEqual(before);
    expect(this.#store.compactRevision).toBeLessThanOrEqual(compactedBefore);
    model.truncate(this.#store.revision, this.#store.compactRevision);
    this.#compareRange("\0", "\0", 0, 0);
  }
}
