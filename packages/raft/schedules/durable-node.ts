import {
  ConfChangeType,
  ConfChangeV2,
  ConfState,
  type Entry,
  EntryType,
  type HardState,
  type RaftMessage,
  RaftSnapshot,
} from "@nodetcd/messages";
import {
  LOCAL_APPEND_THREAD,
  LOCAL_APPLY_THREAD,
  type MemoryStorage,
  type RawNode,
  type Ready,
} from "@nodetcd/raft";
import type { SeededRandom } from "@nodetcd/simulator";
import type { DurableLog, Invariants } from "./invariants.ts";
import { type CallerFault, type RaftLibrary, Violation } from "./options.ts";

/** How all nodes of one schedule are set up. */
export interface NodeSettings {
  readonly library: RaftLibrary;
  readonly random: SeededRandom;
  readonly invariants: Invariants;
  readonly fault: CallerFault | undefined;
  readonly asyncStorageWrites: boolean;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly maxSizePerMessage: number;
  readonly maxInflightMessages: number;
  readonly send: (message: RaftMessage) => void;
  readonly logOf: (id: bigint) => DurableLog | undefined;
}

/**
 * One node with its disk. `storage` is what the disk holds: a write reaches it when it is done, so a
 * crash loses, or tears, exactly the write that is under way. The node's user is this class: it does
 * the duties of a `Ready` in pieces, and between them anything may happen.
 */
export class DurableNode implements DurableLog {
  readonly id: bigint;
  readonly storage: MemoryStorage;
  raw: RawNode | undefined;
  /** Sync mode: the Ready whose write is under way. */
  #writing: { ready: Ready; leading: boolean } | undefined;
  /** Async mode: messages that wait for the append thread and the apply thread. */
  #appendQueue: RaftMessage[] = [];
  #applyQueue: RaftMessage[] = [];
  /** Applied by the state machine, which after a crash begins at its last snapshot. */
  #applied = 0;
  #confState: ConfState;
  #recentConfStates: ConfState[] = [];
  #commit = 0;
  #term = 0;
  #leading = false;
  readonly #asked = new Map<string, number>();
  #readCount = 0;
  readonly #settings: NodeSettings;

  constructor(id: bigint, voters: readonly bigint[], settings: NodeSettings) {
    this.id = id;
    this.#settings = settings;
    this.storage = new settings.library.MemoryStorage();
    this.#confState = ConfState.create();
    if (voters.includes(id)) {
      this.#confState.voters = [...voters];
      const metadata = { index: 1, term: 1, confState: this.#confState };
      this.storage.applySnapshot({ ...RaftSnapshot.create(), metadata });
    }
    this.start();
  }

  get running(): boolean {
    return this.raw !== undefined;
  }

  get confState(): ConfState {
    return this.#confState;
  }

  get leading(): boolean {
    return this.#leading;
  }

  durableTerm(index: number): number | undefined {
    if (index > this.storage.lastIndex()) return undefined;
    if (index < this.storage.firstIndex()) return 0;
    return this.storage.term(index);
  }

  start(): void {
    const s = this.#settings;
    const { metadata } = this.storage.snapshot();
    this.#applied = metadata?.index ?? 0;
    this.#confState = metadata?.confState ?? ConfState.create();
    this.#term = this.storage.initialState().hardState.term;
    this.#commit = 0;
    this.#leading = false;
    this.raw = new s.library.RawNode({
      id: this.id,
      electionTick: 3,
      heartbeatTick: 1,
      storage: this.storage,
      applied: this.#applied,
      maxSizePerMessage: s.maxSizePerMessage,
      maxInflightMessages: s.maxInflightMessages,
      preVote: s.preVote,
      checkQuorum: s.checkQuorum,
      asyncStorageWrites: s.asyncStorageWrites,
      random: (bound) => s.random.below(bound),
    });
    this.#recentConfStates = [this.#confState];
  }

  /** Stops at once; the write under way is lost, done in part or done. */
  crash(): void {
    const { random } = this.#settings;
    const writing = this.#writing?.ready ?? this.#appendQueue[0];
    if (writing !== undefined && writing.snapshot === undefined) {
      this.#tearWrite(writing.entries, random);
    }
    if (this.#settings.fault === "vote lost in a crash") {
      const { hardState } = this.storage.initialState();
      this.storage.setHardState({ ...hardState, vote: 0n });
    }
    this.raw = undefined;
    this.#writing = undefined;
    this.#appendQueue = [];
    this.#applyQueue = [];
    this.#asked.clear();
  }

  /** Some of the entries reached the disk before the power went; the rest of the record did not. */
  #tearWrite(entries: readonly Entry[], random: SeededRandom): void {
    const kept = entries.slice(0, random.below(entries.length + 1));
    if (kept.length > 0 && kept[0]!.index <= this.storage.lastIndex() + 1)
      this.#persistEntries(kept);
  }

  tick(): void {
    this.raw?.tick();
    this.#observe();
  }

  step(message: RaftMessage): void {
    if (this.raw === undefined) return;
    try {
      this.raw.step(message);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    this.#observe();
  }

  /** Runs one request of the node's user; a refusal by raft is no violation. */
  ask(request: (raw: RawNode) => void): void {
    if (this.raw === undefined) return;
    try {
      request(this.raw);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    this.#observe();
  }

  read(): void {
    const context = new TextEncoder().encode(`${this.id}:${this.#readCount++}`);
    this.#asked.set(Buffer.from(context).toString(), this.#settings.invariants.committed);
    this.ask((raw) => raw.readIndex(context));
  }

  /** Takes the next Ready, if there is one and its predecessor is done. */
  takeReady(): void {
    const raw = this.raw;
    if (raw === undefined || this.#writing !== undefined || !raw.hasReady()) return;
    const ready = raw.ready();
    this.#checkReady(ready);
    if (this.#settings.asyncStorageWrites) {
      for (const message of ready.messages) this.#route(message);
      return;
    }
    const early = this.#leading || this.#settings.fault === "messages sent before the write";
    if (early) for (const message of ready.messages) this.#send(message);
    this.#writing = { ready, leading: early };
  }

  /** Finishes the write under way (sync), or lets the append thread do one message (async). */
  finishWrite(): void {
    const raw = this.raw;
    if (raw === undefined) return;
    if (this.#settings.asyncStorageWrites) {
      const message = this.#appendQueue.shift();
      if (message === undefined) return;
      this.#persistMessage(message);
      this.#respond(message);
      return;
    }
    const writing = this.#writing;
    if (writing === undefined) return;
    this.#writing = undefined;
    const { ready, leading } = writing;
    this.#persist(ready.snapshot, ready.entries, ready.hardState);
    if (!leading) for (const message of ready.messages) this.#send(message);
    for (const entry of ready.committedEntries) this.#apply(entry);
    raw.advance();
    this.#observe();
  }

  /** Async mode: the apply thread does one message. */
  finishApply(): void {
    const message = this.#applyQueue.shift();
    if (message === undefined || this.raw === undefined) return;
    for (const entry of message.entries) this.#apply(entry);
    this.#respond(message);
  }

  /** Makes a snapshot of what is applied and drops the log below it. */
  compact(): void {
    const held = this.storage.snapshot().metadata?.index ?? 0;
    const to = this.#applied;
    if (to <= held || to > this.storage.lastIndex() || this.raw === undefined) return;
    // The user's duty: a durable snapshot is of what the durable state says is committed.
    const { hardState } = this.storage.initialState();
    this.storage.setHardState({ ...hardState, commit: Math.max(hardState.commit, to) });
    this.storage.createSnapshot(to, this.#confState, encodeIndex(to));
    const keep = this.#settings.random.below(3);
    if (to - keep >= this.storage.firstIndex()) this.storage.compact(to - keep);
  }

  #route(message: RaftMessage): void {
    if (message.to === LOCAL_APPEND_THREAD) this.#appendQueue.push(message);
    else if (message.to === LOCAL_APPLY_THREAD) this.#applyQueue.push(message);
    else this.#send(message);
  }

  #send(message: RaftMessage): void {
    const { invariants, send } = this.#settings;
    const { term, vote } = this.storage.initialState().hardState;
    invariants.onSend(message, { term, vote, lastIndex: this.storage.lastIndex() });
    send(message);
  }

  #respond(message: RaftMessage): void {
    for (const response of message.responses) {
      if (response.to === this.id) this.step(response);
      else this.#send(response);
    }
  }

  #persistMessage(message: RaftMessage): void {
    const { term, vote, commit } = message;
    const hardState =
      term === 0 && vote === 0n && commit === 0 ? undefined : { term, vote, commit };
    this.#persist(message.snapshot, message.entries, hardState);
  }

  #persist(
    snapshot: RaftSnapshot | undefined,
    entries: readonly Entry[],
    hardState: HardState | undefined,
  ): void {
    const index = snapshot?.metadata?.index ?? 0;
    if (snapshot !== undefined && index > (this.storage.snapshot().metadata?.index ?? 0)) {
      this.storage.applySnapshot(snapshot);
      this.#applied = Math.max(this.#applied, index);
      this.#confState = snapshot.metadata!.confState!;
      this.#recentConfStates.push(this.#confState);
    }
    this.#persistEntries(entries);
    if (hardState === undefined) return;
    const { term, vote } = hardState;
    // `compact` may have written a later commit index than this write was asked for with.
    const commit = Math.max(hardState.commit, this.storage.initialState().hardState.commit);
    if (vote !== 0n) this.#settings.invariants.onVote(this.id, term, vote);
    this.storage.setHardState({ term, vote, commit });
  }

  #persistEntries(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    let previous = this.durableTerm(entries[0]!.index - 1);
    if (entries[0]!.index - 1 === this.storage.firstIndex() - 1) {
      previous = this.storage.term(entries[0]!.index - 1);
    } else if (previous === 0) previous = undefined;
    for (const entry of entries) {
      this.#settings.invariants.onDurable(entry, previous);
      previous = entry.term;
    }
    this.storage.append(entries);
  }

  #apply(entry: Entry): void {
    if (entry.index <= this.#applied) return;
    if (entry.index !== this.#applied + 1) {
      throw new Violation(`apply: ${this.id} jumps from ${this.#applied} to ${entry.index}`);
    }
    this.#settings.invariants.onApply(this.id, entry);
    this.#applied = entry.index;
    if (entry.type === EntryType.EntryNormal) return;
    const change = ConfChangeV2.decode(entry.data);
    if (removesAllVoters(this.#confState, change)) {
      // The user's duty is to turn such a change down: node 0 stands for "nobody".
      change.changes = [{ type: ConfChangeType.ConfChangeRemoveNode, nodeId: 0n }];
      change.transition = 0;
    }
    this.#confState = this.raw!.applyConfChange(change);
    this.#recentConfStates.push(this.#confState);
  }

  /** Looks at what an outside observer can see after every step. */
  #observe(): void {
    const raw = this.raw;
    if (raw === undefined) return;
    const { role, term } = raw;
    if (role === "leader" && (!this.#leading || term !== this.#term)) {
      this.#settings.invariants.onLeader(this.id, term);
      this.#checkLeaderLog = true;
      this.#commit = Math.max(this.#commit, raw.committed);
    }
    if (term < this.#term) throw new Violation(`term: ${this.id} goes back from ${this.#term}`);
    this.#term = term;
    this.#leading = role === "leader";
  }

  #checkLeaderLog = false;

  #checkReady(ready: Ready): void {
    const { invariants } = this.#settings;
    for (const { context, index } of ready.readStates) {
      const asked = this.#asked.get(Buffer.from(context).toString());
      if (asked !== undefined) invariants.onRead(index, asked);
    }
    const last = this.storage.lastIndex();
    // From its first own entry on, a leader's log is on its disk as it will stay.
    if (this.#leading && this.#checkLeaderLog && this.durableTerm(last) === this.#term) {
      this.#checkLeaderLog = false;
      invariants.onLeaderLog(this, this.#term);
    }
    const commit = ready.hardState?.commit ?? this.#commit;
    if (commit < this.#commit) {
      throw new Violation(`commit: ${this.id} goes back from ${this.#commit} to ${commit}`);
    }
    if (this.#leading && commit > this.#commit) this.#checkCommit(commit);
    this.#commit = commit;
    this.#recentConfStates = [this.#confState];
  }

  #checkCommit(commit: number): void {
    const { invariants, logOf } = this.#settings;
    invariants.onLeaderCommit(this.#term, commit, this.#recentConfStates, logOf);
  }
}

function removesAllVoters(configuration: ConfState, change: ConfChangeV2): boolean {
  const voters = new Set(configuration.voters);
  for (const { type, nodeId } of change.changes) {
    if (type === ConfChangeType.ConfChangeAddNode) voters.add(nodeId);
    else voters.delete(nodeId);
  }
  return voters.size === 0;
}

function encodeIndex(index: number): Uint8Array {
  return new TextEncoder().encode(String(index));
}

/** Raft says no to what its user asked for: dropped proposals and the like. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.name === "RaftError";
}
