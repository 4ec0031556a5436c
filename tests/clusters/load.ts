/** Clients that write and read through all members, each call recorded with its times and its answer. */
import {
  CompareResult,
  CompareTarget,
  type Init,
  type KeyValue,
  METHODS,
  type RequestOp,
} from "@nodetcd/messages";
import type { Seeded } from "../seeded.ts";
import type { Caller } from "./caller.ts";
import type { Change, Operation, Pair, Shown } from "./timeline.ts";
import { valueBytes, valueName } from "./values.ts";

const KEYS = 40;
const WEIGHTS = {
  put: 30,
  get: 20,
  serializable: 6,
  range: 6,
  twoPuts: 10,
  swap: 12,
  delete: 8,
  lease: 6,
  compact: 2,
};
type Kind = keyof typeof WEIGHTS;

/** Seconds; nothing runs out while a test runs. */
const LEASE_TTL = 100_000;

/** What a load needs of the world; times in milliseconds. */
export interface LoadWorld {
  readonly random: Seeded;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** All watches have been told of everything up to here: only this much may be compacted away. */
  watched(): number;
}

export interface LoadOptions {
  /** Calls in flight through each member. Default 3. */
  readonly workersEach?: number;
  /** Values are of one of these sizes. Default: 8 to 1,000 bytes. */
  readonly valueSizes?: readonly number[];
  /** Longest pause of a worker between two calls, in milliseconds. Default 4. */
  readonly pauseMs?: number;
  /** Pause of a worker after a call that failed, in milliseconds. Default 25. */
  readonly failurePauseMs?: number;
  /** Revisions that a compaction leaves. Default 500. */
  readonly keptRevisions?: number;
}

type Answer = Pick<Operation, "revision"> &
  Partial<Pick<Operation, "changes" | "shown" | "compared">>;
interface Asked {
  readonly changes?: readonly Change[];
  readonly isSerializable?: boolean;
  readonly isLeased?: boolean;
}

/** What clients have used up, and know of leases, over all loads on one cluster. */
export class Book {
  #lastValue = 0;
  #lastLease = 1_000n;
  readonly granted = new Set<bigint>();
  /** Revoked, or asked to be. */
  readonly maybeGone = new Set<bigint>();
  readonly gone = new Set<bigint>();

  /** Name of a value of so many bytes that nobody else puts. */
  newValue(bytes: number): string {
    return `v${++this.#lastValue}:${bytes}`;
  }

  newLease(): bigint {
    return ++this.#lastLease;
  }
}

export class Load {
  readonly operations: Operation[] = [];
  acknowledged = 0;
  /** Of these, those that changed something. */
  written = 0;
  /** Longest time without an answer to a write, in milliseconds. */
  longestGapMs = 0;
  #lastWrite: number;
  /** How calls failed, and how often. */
  readonly failures = new Map<string, number>();
  readonly #world: LoadWorld;
  readonly #book: Book;
  readonly #options: Required<LoadOptions>;
  readonly #workers: Promise<void>[] = [];
  readonly #left = new Set<Caller>();
  /** Newest pair that anybody was shown, by key: what a swap compares with. */
  readonly #known = new Map<string, number>();
  #newest = 1;
  #compacted = 1;
  #stopped = false;

  constructor(callers: readonly Caller[], world: LoadWorld, book: Book, options: LoadOptions = {}) {
    this.#world = world;
    this.#lastWrite = world.now();
    this.#book = book;
    this.#options = {
      workersEach: 3,
      valueSizes: [8, 100, 1_000],
      pauseMs: 4,
      failurePauseMs: 25,
      keptRevisions: 500,
      ...options,
    };
    for (const caller of callers) this.join(caller);
  }

  /** Works through this member, too. */
  join(caller: Caller): void {
    for (let i = 0; i < this.#options.workersEach; i++) this.#workers.push(this.#work(caller, i));
  }

  /** Works no more through this member. */
  leave(caller: Caller): void {
    this.#left.add(caller);
  }

  /** Lets the calls in flight end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(caller: Caller, index: number): Promise<void> {
    const { random } = this.#world;
    while (!this.#stopped && !this.#left.has(caller)) {
      const by = `client ${index} of ${caller.name}`;
      const isDone = await this.#one(caller, by, random.weighted(WEIGHTS));
      const { pauseMs, failurePauseMs } = this.#options;
      await this.#world.sleep(isDone ? random.below(pauseMs + 1) : failurePauseMs);
    }
  }

  #one(caller: Caller, by: string, kind: Kind): Promise<boolean> {
    switch (kind) {
      case "put":
        return this.#put(caller, by, 0n);
      case "get":
        return this.#get(caller, by, this.#key(), "", false);
      case "serializable":
        return this.#get(caller, by, this.#key(), "", true);
      case "range":
        return this.#get(caller, by, "k1", "k2", false);
      case "twoPuts":
        return this.#twoPuts(caller, by);
      case "swap":
        return this.#swap(caller, by);
      case "delete":
        return this.#delete(caller, by);
      case "lease":
        return this.#lease(caller, by);
      case "compact":
        return this.#compact(caller);
    }
  }

  /** Makes the call and writes down what came of it. False: no answer. */
  async #record(by: string, asked: Asked, call: () => Promise<Answer>): Promise<boolean> {
    const { changes = [], isSerializable = false, isLeased = false } = asked;
    const start = this.#world.now();
    const common = { by, start, isSerializable, isLeased };
    try {
      const answer = await call();
      this.operations.push({ ...common, end: this.#world.now(), changes, shown: [], ...answer });
      this.#newest = Math.max(this.#newest, answer.revision);
      this.acknowledged += 1;
      if ((answer.changes ?? changes).length > 0) this.#wrote();
      return true;
    } catch (error) {
      this.#failed(error);
      if (changes.length > 0) {
        this.operations.push({ ...common, end: Infinity, revision: 0, changes, shown: [] });
      }
      return false;
    }
  }

  #wrote(): void {
    const now = this.#world.now();
    this.written += 1;
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastWrite);
    this.#lastWrite = now;
  }

  #failed(error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }

  #key(): string {
    return `k${this.#world.random.below(KEYS)}`;
  }

  #newPut(key: string): { change: Change; op: Init<RequestOp> } {
    const value = this.#book.newValue(this.#world.random.pick(this.#options.valueSizes));
    const op = { requestPut: { key: text(key), value: valueBytes(value) } };
    return { change: { key, value }, op };
  }

  #put(caller: Caller, by: string, lease: bigint): Promise<boolean> {
    const { change, op } = this.#newPut(this.#key());
    return this.#record(by, { changes: [change], isLeased: lease !== 0n }, async () => {
      const { header } = await caller.call(METHODS.KV.Put, { ...op.requestPut, lease });
      return { revision: revisionOf(header) };
    });
  }

  #get(
    caller: Caller,
    by: string,
    key: string,
    end: string,
    isSerializable: boolean,
  ): Promise<boolean> {
    return this.#record(by, { isSerializable }, async () => {
      const request = { key: text(key), rangeEnd: text(end), serializable: isSerializable };
      const { header, kvs } = await caller.call(METHODS.KV.Range, request);
      return { revision: revisionOf(header), shown: [this.#shown(key, end, kvs)] };
    });
  }

  #shown(key: string, end: string, kvs: readonly KeyValue[]): Shown {
    const pairs = kvs.map(pairOf);
    for (const pair of pairs) this.#known.set(pair.key, pair.modRevision);
    return { key, end, pairs };
  }

  /** Two puts or none: half of them may never be seen. */
  #twoPuts(caller: Caller, by: string): Promise<boolean> {
    const key = this.#key();
    const puts = [this.#newPut(`a${key}`), this.#newPut(`b${key}`)];
    return this.#record(by, { changes: puts.map(({ change }) => change) }, async () => {
      const success = puts.map(({ op }) => op);
      const { header } = await caller.call(METHODS.KV.Txn, { success });
      return { revision: revisionOf(header) };
    });
  }

  /** Puts a key if it still is as somebody saw it; else reads it. */
  #swap(caller: Caller, by: string): Promise<boolean> {
    const key = this.#key();
    const modRevision = this.#known.get(key) ?? 0;
    const { change, op } = this.#newPut(key);
    const request = {
      compare: [
        { result: CompareResult.EQUAL, target: CompareTarget.MOD, key: text(key), modRevision },
      ],
      success: [op],
      failure: [{ requestRange: { key: text(key) } }],
    };
    return this.#record(by, { changes: [change] }, async () => {
      const { header, succeeded, responses } = await caller.call(METHODS.KV.Txn, request);
      const revision = revisionOf(header);
      const compared = { key, modRevision, holds: succeeded };
      if (succeeded) {
        this.#known.set(key, revision);
        return { revision, compared };
      }
      const kvs = responses[0]?.responseRange?.kvs ?? [];
      if (kvs.length === 0) this.#known.delete(key);
      return { revision, compared, changes: [], shown: [this.#shown(key, "", kvs)] };
    });
  }

  #delete(caller: Caller, by: string): Promise<boolean> {
    const key = this.#key();
    const changes = [{ key, value: undefined }];
    return this.#record(by, { changes }, async () => {
      const { header, deleted } = await caller.call(METHODS.KV.DeleteRange, { key: text(key) });
      const revision = revisionOf(header);
      if (deleted > 0) return { revision };
      return { revision, changes: [], shown: [{ key, end: "", pairs: [] }] };
    });
  }

  async #lease(caller: Caller, by: string): Promise<boolean> {
    const id = this.#book.newLease();
    try {
      await caller.call(METHODS.Lease.LeaseGrant, { id, ttl: LEASE_TTL });
      this.#book.granted.add(id);
      if (!(await this.#put(caller, by, id))) return false;
      if (!this.#world.random.chance(60)) return true;
      this.#book.maybeGone.add(id);
      await caller.call(METHODS.Lease.LeaseRevoke, { id });
      this.#book.gone.add(id);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #compact(caller: Caller): Promise<boolean> {
    const revision = Math.min(this.#newest - this.#options.keptRevisions, this.#world.watched());
    if (revision <= this.#compacted + this.#options.keptRevisions) return true;
    this.#compacted = revision;
    try {
      await caller.call(METHODS.KV.Compact, { revision });
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }
}

export function pairOf({ key, value, modRevision }: KeyValue): Pair {
  return { key: Buffer.from(key).toString(), value: valueName(value), modRevision };
}

function revisionOf(header: { revision: number } | undefined): number {
  return header?.revision ?? 0;
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}
