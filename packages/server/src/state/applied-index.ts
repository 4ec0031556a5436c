import { BUCKETS, type Backend } from "@nodetcd/backend";
import { assert } from "@nodetcd/bytes";
import type { ConfState } from "@nodetcd/messages";
import type { StateRecord } from "./record.ts";

const CONSISTENT_INDEX_KEY = Buffer.from("consistent_index");
const TERM_KEY = Buffer.from("term");
const CONF_STATE_KEY = Buffer.from("confState");

function uint64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function readUint64(bytes: Uint8Array | undefined): number {
  if (bytes?.length !== 8) return 0;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
}

/** How far the log is applied in a database; 0 in a fresh one. */
export function consistentIndexOf(backend: Backend): number {
  return readUint64(backend.get(BUCKETS.meta, CONSISTENT_INDEX_KEY));
}

/** How far a database is, by its own records. */
export interface Position {
  readonly index: number;
  readonly term: number;
  /** Undefined in a database that no change of the members was applied to. */
  readonly confState: ConfState | undefined;
}

/** @param get reads a record of the bucket `meta` */
export function readPosition(get: (key: Uint8Array) => Uint8Array | undefined): Position {
  const json = get(CONF_STATE_KEY);
  return {
    index: readUint64(get(CONSISTENT_INDEX_KEY)),
    term: readUint64(get(TERM_KEY)),
    confState: json === undefined ? undefined : parseConfState(Buffer.from(json).toString()),
  };
}

/** Reads what `confStateJson` writes; ids are beyond what JSON numbers hold. */
function parseConfState(json: string): ConfState {
  const list = (name: string): bigint[] => {
    const digits = new RegExp(`"${name}":\\[([\\d,]*)\\]`).exec(json)?.[1] ?? "";
    return digits === "" ? [] : digits.split(",").map((id) => BigInt(id));
  };
  return {
    voters: list("voters"),
    learners: list("learners"),
    votersOutgoing: list("voters_outgoing"),
    learnersNext: list("learners_next"),
    autoLeave: /"auto_leave":true/.test(json),
  };
}

/** A configuration as etcd keeps it: `{"voters":[1],"auto_leave":false}`, empty lists left out. */
export function confStateJson(conf: ConfState): string {
  const lists: [string, readonly bigint[]][] = [
    ["voters", conf.voters],
    ["learners", conf.learners],
    ["voters_outgoing", conf.votersOutgoing],
    ["learners_next", conf.learnersNext],
  ];
  const parts = lists
    .filter(([, ids]) => ids.length > 0)
    .map(([name, ids]) => `"${name}":[${ids.join(",")}],`);
  return `{${parts.join("")}"auto_leave":${conf.autoLeave}}`;
}

/**
 * How far the raft log is applied, in memory and in the database. The database's index is written
 * into the same batch as the data that it vouches for, so that after a crash the log is replayed
 * from exactly there.
 *
 * Invariant: what is in a committed batch is the effect of the entries up to `consistent_index`,
 * all of them and no others.
 */
export class AppliedIndex implements StateRecord {
  readonly #backend: Backend;
  #index: number;
  #term: number;
  #consistent = 0;
  #consistentTerm = 0;
  #confState: ConfState | undefined;
  #confStateChanged = false;
  #waiting: { index: number; done: () => void }[] = [];
  #jumped: (() => void)[] = [];

  /** @param snapshotIndex the position that the log was opened at; entries above it come again */
  constructor(backend: Backend, snapshotIndex: number, snapshotTerm: number) {
    this.#backend = backend;
    this.#index = snapshotIndex;
    this.#term = snapshotTerm;
    this.load();
    backend.onCommit(() => this.#write());
  }

  load(): void {
    this.#consistent = consistentIndexOf(this.#backend);
    this.#consistentTerm = readUint64(this.#backend.get(BUCKETS.meta, TERM_KEY));
    this.#confState = undefined;
    this.#confStateChanged = false;
  }

  /** A snapshot from the leader, of everything up to `index`, has taken the place of what was applied. */
  jump(index: number, term: number): void {
    assert(index > this.#index, "AppliedIndex: a snapshot goes forward");
    this.load();
    this.#index = index;
    this.#term = term;
    if (index > this.#consistent) {
      this.#consistent = index;
      this.#consistentTerm = term;
    }
    for (const done of this.#jumped.splice(0)) done();
  }

  /** Resolves at the next `jump`: what was proposed before may have come with the snapshot, and nobody will say so. */
  nextJump(): Promise<void> {
    return new Promise((resolve) => void this.#jumped.push(resolve));
  }

  /** Index of the last entry that went through applying, whether or not it was new. */
  get index(): number {
    return this.#index;
  }

  get term(): number {
    return this.#term;
  }

  /** Entries up to here are in the backend (in its open batch at least) and are not applied again. */
  get consistent(): number {
    return this.#consistent;
  }

  get confState(): ConfState | undefined {
    return this.#confState;
  }

  setConfState(confState: ConfState): void {
    this.#confState = confState;
    this.#confStateChanged = true;
  }

  /** Called when all effects of an entry are in the open batch, before the loop's turn ends. */
  advance(index: number, term: number): void {
    assert(index === this.#index + 1, "AppliedIndex: entries are applied one after the other");
    assert(term >= this.#term, "AppliedIndex: terms do not fall");
    this.#index = index;
    this.#term = term;
    if (index > this.#consistent) {
      this.#consistent = index;
      this.#consistentTerm = term;
    }
  }

  /** Calls `done` once `index` is applied, at once if it is. */
  whenApplied(index: number, done: () => void): void {
    if (index <= this.#index) done();
    else this.#waiting.push({ index, done });
  }

  /** Calls those who wait for what is applied by now. */
  notify(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter((waiter) => waiter.index <= this.#index);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => waiter.index > this.#index);
    for (const waiter of ready) waiter.done();
  }

  /** Puts the index into the open batch even if nothing else is in it. */
  touch(): void {
    this.#write();
  }

  #write(): void {
    this.#backend.put(BUCKETS.meta, CONSISTENT_INDEX_KEY, uint64(this.#consistent));
    if (this.#consistentTerm > 0) {
      this.#backend.put(BUCKETS.meta, TERM_KEY, uint64(this.#consistentTerm));
    }
    if (this.#confStateChanged && this.#confState !== undefined) {
      this.#confStateChanged = false;
      const json = Buffer.from(confStateJson(this.#confState));
      this.#backend.put(BUCKETS.meta, CONF_STATE_KEY, json);
    }
  }
}
