import {
  ConfChange,
  ConfChangeV2,
  ConfState,
  EntryType,
  MessageType,
  type Entry,
  type RaftMessage,
} from "@nodetcd/messages";
import { MemoryStorage, RaftError, RawNode, type Config, type Ready } from "../src/raft.ts";

const NO_DATA = new Uint8Array(0);
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

export function bytes(text: string): Uint8Array {
  return utf8.encoder.encode(text);
}

export function text(data: Uint8Array): string {
  return utf8.decoder.decode(data);
}

/** Decides whether a message arrives; called once for each. */
export type Filter = (message: RaftMessage) => boolean;

/** A node with its storage, and what it has applied. */
export interface Member {
  readonly id: bigint;
  raw: RawNode;
  readonly storage: MemoryStorage;
  /** Data of the normal entries applied, empty ones left out. */
  readonly applied: string[];
  /** Every `Ready` in order, if `keepReadies` is set. */
  readonly readies: Ready[];
}

export interface GroupOptions extends Partial<Config> {
  /** Voters 1 to this number. */
  readonly size: number;
  readonly learners?: readonly bigint[];
  /** Only these are made; all by default. */
  readonly present?: readonly bigint[];
}

/**
 * A group in one process: messages wait in a queue, `settle` lets all do their duties until nothing is
 * left. Election timeouts are drawn by `random`, which is the bound's lower end unless given.
 */
export class TestGroup {
  readonly members = new Map<bigint, Member>();
  readonly #options: GroupOptions;
  queue: RaftMessage[] = [];
  /** Everything that was sent, whether or not it arrived. */
  readonly sent: RaftMessage[] = [];
  filter: Filter = () => true;
  keepReadies = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    const voters = Array.from({ length: options.size }, (_, i) => BigInt(i + 1));
    const learners = [...(options.learners ?? [])];
    const confState = { ...ConfState.create(), voters, learners };
    for (const id of options.present ?? [...voters, ...learners]) {
      const storage = new MemoryStorage();
      storage.applySnapshot({ data: NO_DATA, metadata: { confState, index: 0, term: 0 } });
      this.members.set(id, {
        id,
        storage,
        raw: this.#start(id, storage, 0),
        applied: [],
        readies: [],
      });
    }
  }

  #start(id: bigint, storage: MemoryStorage, applied: number): RawNode {
    const { size: _size, learners: _learners, present: _present, ...config } = this.#options;
    return new RawNode({
      electionTick: 10,
      heartbeatTick: 1,
      maxSizePerMessage: Infinity,
      maxInflightMessages: 256,
      random: () => 0,
      ...config,
      id,
      storage,
      applied,
    });
  }

  get(id: bigint): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  raw(id: bigint): RawNode {
    return this.get(id).raw;
  }

  /** Starts a member anew from what its storage holds; what was not persisted is gone. */
  restart(id: bigint): void {
    const member = this.get(id);
    member.raw = this.#start(id, member.storage, member.raw.applied);
    this.queue = this.queue.filter((message) => message.to !== id);
  }

  /** Elects `id` and settles. */
  elect(id: bigint): void {
    this.raw(id).campaign();
    this.settle();
    if (this.raw(id).role !== "leader") throw new Error(`${id} was not elected`);
  }

  /** Lets one member do the duties of its `Ready`s; what it sends is queued. */
  work(member: Member): boolean {
    let worked = false;
    while (member.raw.hasReady()) {
      worked = true;
      const ready = member.raw.ready();
      if (this.keepReadies) member.readies.push(ready);
      if (ready.hardState !== undefined) member.storage.setHardState(ready.hardState);
      if (ready.snapshot !== undefined) member.storage.applySnapshot(ready.snapshot);
      member.storage.append(ready.entries);
      this.#post(ready.messages);
      for (const entry of ready.committedEntries) applyEntry(member, entry);
      member.raw.advance();
    }
    return worked;
  }

  #post(messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      this.sent.push(message);
      if (this.filter(message) && this.members.has(message.to)) this.queue.push(message);
    }
  }

  /** Delivers what is queued now; what that leads to is not delivered. */
  deliver(): void {
    const messages = this.queue;
    this.queue = [];
    for (const message of messages) {
      try {
        this.raw(message.to).step(message);
      } catch (error) {
        // A dropped proposal, or word of one who is no member any more: nothing a server minds.
        if (!(error instanceof RaftError)) throw error;
      }
    }
  }

  /** Until nothing is left to do or to deliver. */
  settle(): void {
    for (let rounds = 0; ; rounds++) {
      if (rounds > 10_000) throw new Error("The group does not settle");
      let busy = false;
      for (const member of this.members.values()) if (this.work(member)) busy = true;
      if (this.queue.length === 0 && !busy) return;
      this.deliver();
    }
  }

  /** Ticks everybody `count` times, settling after each tick. */
  tick(count = 1): void {
    for (let i = 0; i < count; i++) {
      for (const member of this.members.values()) member.raw.tick();
      this.settle();
    }
  }

  /** Cuts all links between these members and the others. */
  isolate(...ids: bigint[]): void {
    this.filter = ({ from, to }) => ids.includes(from) === ids.includes(to);
  }

  heal(): void {
    this.filter = () => true;
  }

  /** Those that lead, whatever their term. */
  leaders(): bigint[] {
    return [...this.members.values()]
      .filter((member) => member.raw.role === "leader")
      .map((member) => member.id);
  }

  /** Terms of a member's stable log, from index 1. */
  terms(id: bigint): number[] {
    const { storage } = this.get(id);
    const entries = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Infinity);
    return entries.map((entry) => entry.term);
  }
}

function applyEntry(member: Member, entry: Entry): void {
  if (entry.type === EntryType.EntryConfChange) {
    member.raw.applyConfChange(ConfChange.decode(entry.data));
  } else if (entry.type === EntryType.EntryConfChangeV2) {
    member.raw.applyConfChange(ConfChangeV2.decode(entry.data));
  } else if (entry.data.length > 0) {
    member.applied.push(text(entry.data));
  }
}

/** Entries of the given terms, at indexes 1 and on, each with its place as data. */
export function entriesOfTerms(terms: readonly number[]): Entry[] {
  return terms.map((term, i) => ({
    type: EntryType.EntryNormal,
    term,
    index: i + 1,
    data: bytes(`${term}/${i + 1}`),
  }));
}

/** A message with all but the given at default. */
export function message(fields: Partial<RaftMessage>): RaftMessage {
  return {
    type: MessageType.MsgApp,
    to: 1n,
    from: 2n,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: [],
    commit: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: NO_DATA,
    vote: 0n,
    responses: [],
    ...fields,
  };
}
