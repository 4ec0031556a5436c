import type { Clock, Timer } from "@nodetcd/runtime";
import type { AppliedIndex } from "../state/applied-index.ts";
import { RequestError } from "../errors.ts";

/** What a linearizable read needs of raft. */
export interface ReadIndexSource {
  /**
   * The index up to which a read must see, if this member knows it by itself: it is the only voter,
   * leads, and has committed in its term. Raft's own rule for a group of one.
   */
  readonly ownReadIndex: number | undefined;
  /** Asks raft for the index; the answer comes to `confirmed` with the same context. */
  requestReadIndex(context: Uint8Array): void;
}

interface PendingRead {
  go(): void;
  fail(error: RequestError): void;
}

/** A question to raft that has no answer yet, however often it was repeated. */
interface Asked {
  /** Of its first repetition and its last: an answer to an earlier question knows nothing of these reads. */
  readonly firstId: bigint;
  lastId: bigint;
  readonly reads: PendingRead[];
  readonly since: number;
  retry: Timer;
}

/** How long an answer of raft may take before it is asked again (etcd's number). */
const RETRY_MS = 500;

/**
 * Reads that must see everything acknowledged before they began. All reads of a turn of the loop are
 * confirmed by raft together, then wait until the index that it names is applied. A member alone in
 * its group answers at once: what it has applied is all that was ever acknowledged.
 */
export class LinearizableReads {
  readonly #source: ReadIndexSource;
  readonly #applied: AppliedIndex;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #nextId: () => bigint;
  /** Reads that wait for the next question to raft. */
  #gathering: PendingRead[] = [];
  #asked: Asked | undefined;
  #closed: RequestError | undefined;
  /** Questions that raft took too long to answer. */
  slow = 0;
  failed = 0;

  /** @param nextId ids of questions: rising, and no other member's, for the leader tells them apart by it */
  constructor(
    source: ReadIndexSource,
    applied: AppliedIndex,
    clock: Clock,
    timeoutMs: number,
    nextId: () => bigint,
  ) {
    this.#source = source;
    this.#nextId = nextId;
    this.#applied = applied;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** True when a read may be served at once. The hot path: nothing is allocated. */
  get ready(): boolean {
    const index = this.#source.ownReadIndex;
    return index !== undefined && index <= this.#applied.index && this.#closed === undefined;
  }

  /** Calls `go` as soon as a read may be served, or `fail`. */
  request(go: () => void, fail: (error: RequestError) => void): void {
    if (this.#closed !== undefined) {
      fail(this.#closed);
      return;
    }
    const index = this.#source.ownReadIndex;
    if (index !== undefined) {
      this.#applied.whenApplied(index, go);
      return;
    }
    this.#gathering.push({ go, fail });
    this.#ask();
  }

  /** Resolves as soon as a read may be served. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => this.request(resolve, reject));
  }

  /** Raft's answer. */
  confirmed(index: number, context: Uint8Array): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const id = Buffer.from(context).readBigUInt64BE(0);
    if (id < asked.firstId || id > asked.lastId) return;
    asked.retry.cancel();
    this.#asked = undefined;
    this.#applied.whenApplied(index, () => {
      for (const read of asked.reads) read.go();
    });
    this.#ask();
  }

  #ask(): void {
    if (this.#asked !== undefined || this.#gathering.length === 0) return;
    const reads = this.#gathering;
    this.#gathering = [];
    const id = this.#nextId();
    const since = this.#clock.monotonic();
    this.#asked = { firstId: id, lastId: id, reads, since, retry: this.#retryLater() };
    this.#send(id);
  }

  #send(id: bigint): void {
    const context = Buffer.alloc(8);
    context.writeBigUInt64BE(id);
    this.#source.requestReadIndex(context);
  }

  #retryLater(): Timer {
    return this.#clock.setTimer(RETRY_MS, () => this.#retry());
  }

  #retry(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    this.slow++;
    if (this.#clock.monotonic() - asked.since < this.#timeoutMs) {
      asked.retry = this.#retryLater();
      asked.lastId = this.#nextId();
      this.#send(asked.lastId);
      return;
    }
    this.#asked = undefined;
    this.failed++;
    for (const read of asked.reads) read.fail(new RequestError("TIMEOUT"));
    this.#ask();
  }

  /** Fails the reads that wait, and all later ones, with `error`. */
  close(error: RequestError): void {
    this.#closed = error;
    const waiting = [...(this.#asked?.reads ?? []), ...this.#gathering];
    this.#asked?.retry.cancel();
    this.#asked = undefined;
    this.#gathering = [];
    for (const read of waiting) read.fail(error);
  }
}
