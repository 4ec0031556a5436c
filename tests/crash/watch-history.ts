/** The history as reads at every revision show it, and what a watch should have been told of it. */
import { EventType, FilterType, type KeyValue, METHODS } from "@nodetcd/messages";
import type { Connection } from "../rpc.ts";
import type { LoggedWatch, Wish } from "./watcher.ts";

const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
const READS_AT_A_TIME = 64;

interface Change {
  readonly key: string;
  readonly revision: number;
  /** Undefined: deleted. */
  readonly now: KeyValue | undefined;
  readonly before: KeyValue | undefined;
}

export class RangeHistory {
  readonly #changes: Change[] = [];
  #held = new Map<string, KeyValue>();
  /** Read up to here. */
  revision = 1;

  /** Reads on, from what was read last to `to`; nothing in between may be compacted. */
  async readTo(connection: Connection, to: number): Promise<void> {
    for (let from = this.revision + 1; from <= to; from += READS_AT_A_TIME) {
      const count = Math.min(READS_AT_A_TIME, to - from + 1);
      const states = await Promise.all(
        Array.from({ length: count }, (_, i) => this.#stateAt(connection, from + i)),
      );
      for (const state of states) this.#add(state);
    }
  }

  /** All keys at a revision; values of those that it changed. */
  async #stateAt(connection: Connection, revision: number): Promise<Map<string, KeyValue>> {
    const [keys, changed] = await Promise.all([
      connection.call(METHODS.KV.Range, { ...ALL, revision, keysOnly: true }, 60_000),
      connection.call(
        METHODS.KV.Range,
        { ...ALL, revision, minModRevision: revision, maxModRevision: revision },
        60_000,
      ),
    ]);
    const state = new Map(keys.kvs.map((kv) => [textOf(kv.key), kv]));
    for (const kv of changed.kvs) state.set(textOf(kv.key), kv);
    return state;
  }

  #add(state: Map<string, KeyValue>): void {
    const revision = ++this.revision;
    const changed: Change[] = [];
    for (const [key, kv] of state) {
      const before = this.#held.get(key);
      if (kv.modRevision === revision) changed.push({ key, revision, now: kv, before });
      else if (before !== undefined) state.set(key, before);
    }
    for (const [key, before] of this.#held) {
      if (!state.has(key)) changed.push({ key, revision, now: undefined, before });
    }
    // The load's transactions, and a lease's end, change keys in their order.
    this.#changes.push(...changed.sort((a, b) => (a.key < b.key ? -1 : 1)));
    this.#held = state;
  }

  /**
   * What is wrong with what a watch was told, in words.
   *
   * @param compacted the newest revision that anybody asked to compact: below it a previous pair may be gone
   */
  check(watch: LoggedWatch, compacted: number): string[] {
    const expected = this.#changes.filter(
      (change) => change.revision >= watch.start && concerns(watch.wish, change),
    );
    let at = 0;
    for (const told of watch.told) {
      const due = expected[at];
      if (told.kind === "compacted") {
        if (told.revision <= watch.next) return [`canceled at ${watch.next} by ${told.revision}`];
        return [];
      }
      if (told.kind === "progress") {
        if (due !== undefined && due.revision <= told.revision) {
          return [`progress ${told.revision} before ${show(due)}`];
        }
        continue;
      }
      const { event } = told;
      if (due === undefined) return [`an event too many, at ${event.kv?.modRevision}`];
      const fault = differs(due, event.type, event.kv, watch.wish, event.prevKv, compacted);
      if (fault !== undefined) return [`event ${at}, ${show(due)}: ${fault}`];
      at++;
    }
    return watch.left || at === expected.length
      ? []
      : [`${show(expected[at])} and later ones never came`];
  }
}

function concerns({ key, end, filters }: Wish, change: Change): boolean {
  const unwanted = change.now === undefined ? FilterType.NODELETE : FilterType.NOPUT;
  if (filters.includes(unwanted)) return false;
  if (end === "") return change.key === key;
  return change.key >= key && (end === "\0" || change.key < end);
}

function differs(
  due: Change,
  type: EventType,
  kv: KeyValue | undefined,
  wish: Wish,
  previous: KeyValue | undefined,
  compacted: number,
): string | undefined {
  if (kv === undefined) return "no key";
  if (textOf(kv.key) !== due.key) return `is of ${textOf(kv.key)}`;
  if (kv.modRevision !== due.revision) return `is of revision ${kv.modRevision}`;
  if ((type === EventType.DELETE) !== (due.now === undefined)) return "is of the other type";
  if (due.now !== undefined && !isSame(due.now, kv)) return "is another pair";
  const wanted = wish.prevKv ? due.before : undefined;
  const mayBeGone = due.revision - 1 < compacted;
  if (previous === undefined) return wanted === undefined || mayBeGone ? undefined : "no prev_kv";
  if (wanted === undefined) return "has a prev_kv";
  return isSame(wanted, previous) ? undefined : "has another prev_kv";
}

function isSame(one: KeyValue, other: KeyValue): boolean {
  return (
    one.createRevision === other.createRevision &&
    one.modRevision === other.modRevision &&
    one.version === other.version &&
    one.lease === other.lease &&
    Buffer.compare(one.value, other.value) === 0
  );
}

function show(change: Change | undefined): string {
  if (change === undefined) return "nothing";
  return `${change.now === undefined ? "DELETE" : "PUT"} ${change.key}@${change.revision}`;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
