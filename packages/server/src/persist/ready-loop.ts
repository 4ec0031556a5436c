import { assert } from "@nodetcd/bytes";
import {
  type ConfChange,
  type Entry,
  EntryType,
  type HardState,
  type RaftMessage,
  type RaftSnapshot,
} from "@nodetcd/messages";
import { isRaftError, type MemoryStorage, NO_NODE, type RawNode, type Ready } from "@nodetcd/raft";
import type { Clock, Timer } from "@nodetcd/runtime";
import type { Wal } from "@nodetcd/wal";
import { ServerError } from "../errors.ts";
import type { ProposalSink } from "../propose/propose.ts";
import { Gathered } from "./gathered.ts";

export interface ReadyLoopOptions {
  readonly node: RawNode;
  readonly storage: MemoryStorage;
  readonly wal: Wal;
  readonly clock: Clock;
  /** Length of a raft tick, in milliseconds. */
  readonly tickMs: number;
  /** Takes committed entries that are on this disk; they need not be applied on return. */
  readonly commit: (entries: readonly Entry[]) => void;
  /** Applies what was committed; `all` for everything before it returns. */
  readonly apply: (all: boolean) => void;
  /** Index of the last applied entry. */
  readonly appliedIndex: () => number;
  /** Sends messages to other members. */
  readonly send: (messages: readonly RaftMessage[]) => void;
  /** Saves a snapshot from a leader beside the log, before anything that follows it is written. */
  readonly saveSnapshot: (snapshot: RaftSnapshot) => Promise<void>;
  /** Puts a saved snapshot in the place of everything that was applied. */
  readonly installSnapshot: (snapshot: RaftSnapshot) => Promise<void>;
  /** The leader changed, or this member's role did. */
  readonly onLeadership: () => void;
  /** Somebody still waits for the answer to this request. */
  readonly isWaitedFor: (id: number) => boolean;
  /** Reads that raft has confirmed. */
  readonly onReadState: (index: number, context: Uint8Array) => void;
  /** The log refused a write: what it holds is not known any more. Called once. */
  readonly onFailure: (error: unknown) => void;
}

/** What waits for its turn to write to the log. */
interface LogTask {
  /** Settles when it has written; a failure ends the loop. */
  readonly run: () => Promise<void>;
  /** Its turn will not come. */
  readonly refuse: (why: unknown) => void;
}

/**
 * Carries out what raft asks for, in raft's order: entries and state to disk, then messages of a
 * follower, then what is committed to the applier. One write with its fdatasync is in flight at a
 * time. Everything that arrives meanwhile waits in raft and leaves with the next: that is the group
 * commit. While a batch is written the one before it is applied and answered.
 *
 * A commit index alone is not worth a write: it rides on the next one, or on a tick.
 */
export class ReadyLoop implements ProposalSink {
  readonly #options: ReadyLoopOptions;
  readonly #ticker: Timer;
  /** The log is being written: by a batch, or by who asked for it with `withLog`. */
  #busy = false;
  #scheduled = false;
  #stopped = false;
  /** State that is newer than the log's, of no importance by itself. */
  #unwrittenState: HardState | undefined;
  #logTasks: LogTask[] = [];
  /** Of this turn of the loop, or those that wait for a leader. Bounded by `InFlight`. */
  readonly #proposals = new Gathered<Uint8Array>();
  /** As `#proposals`, of changes of the members. */
  readonly #changes = new Gathered<ConfChange>();
  #idle: (() => void) | undefined;
  #campaign = false;
  /** Index of the last entry known to be committed. */
  committedIndex: number;
  #lastLeader = NO_NODE;
  /** How often a leader was seen that is another than the one before. */
  leaderChanges = 0;

  constructor(options: ReadyLoopOptions) {
    this.#options = options;
    this.committedIndex = options.storage.initialState().hardState.commit;
    this.#ticker = options.clock.setRepeating(options.tickMs, () => this.#tick());
  }

  get hasLeader(): boolean {
    return this.#options.node.leader !== NO_NODE;
  }

  get applyLag(): number {
    return this.committedIndex - this.#options.appliedIndex();
  }

  /**
   * Begins to run.
   *
   * @param alone nobody else can win an election: campaign as soon as what was committed is applied
   */
  start(alone: boolean): void {
    this.#campaign = alone;
    this.schedule();
  }

  propose(id: number, data: Uint8Array): void {
    if (this.#stopped) return;
    this.#proposals.add(id, data);
    this.schedule();
  }

  proposeMembershipChange(id: number, change: ConfChange): void {
    if (this.#stopped) return;
    this.#changes.add(id, change);
    this.schedule();
  }

  /** Takes in a message from another member; what raft does not want is passed over. */
  step(message: RaftMessage): void {
    if (this.#stopped) return;
    this.#unlessDropped(() => this.#options.node.step(message));
    this.schedule();
  }

  /** What is dropped is answered by its time limit, as in etcd. */
  #proposeGathered(): void {
    if (!this.hasLeader) return;
    const { node } = this.#options;
    if (this.#proposals.size > 0) {
      const proposals = this.#proposals.take();
      this.#unlessDropped(() => node.proposeBatch(proposals));
    }
    if (this.#changes.size === 0) return;
    for (const change of this.#changes.take()) {
      this.#unlessDropped(() => node.proposeConfChange(change));
    }
  }

  /** What was given up while there is no leader is not proposed to the next one, as in etcd. */
  #forgetGivenUp(): void {
    this.#proposals.keep(this.#options.isWaitedFor);
    this.#changes.keep(this.#options.isWaitedFor);
  }

  #unlessDropped(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (isRaftError(error, "PROPOSAL_DROPPED") || isRaftError(error, "PEER_NOT_FOUND")) return;
      if (!isRaftError(error, "LOCAL_MESSAGE")) throw error;
    }
  }

  /** Looks at raft at the end of this turn of the loop, when all that arrives in it has arrived. */
  schedule(): void {
    if (this.#scheduled || this.#busy || this.#stopped) return;
    this.#scheduled = true;
    this.#options.clock.defer(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  /** Lets `task` write to the log, between two batches. Rejects as the task does, and when the loop has ended. */
  withLog(task: (wal: Wal) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (error: unknown): void =>
        reject(error instanceof Error ? error : new Error(String(error)));
      const run = async (): Promise<void> => {
        try {
          await this.#flushState();
          await task(this.#options.wal);
          resolve();
        } catch (error) {
          refuse(error);
          throw error;
        }
      };
      if (this.#stopped) refuse(new ServerError("STOPPED", "The log is not written any more"));
      else this.#logTasks.push({ run, refuse });
      this.schedule();
    });
  }

  /** Ends the loop after the write in flight; what is proposed later is dropped. */
  async stop(): Promise<void> {
    this.#ticker.cancel();
    if (this.#stopped) return;
    if (this.#busy) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#end(new ServerError("STOPPED", "The member was stopped"));
    await this.#flushState().catch(() => undefined);
  }

  /** Nothing is begun any more; who waits for the log hears of it. */
  #end(why: unknown): void {
    this.#stopped = true;
    for (const { refuse } of this.#logTasks.splice(0)) refuse(why);
  }

  #tick(): void {
    this.#options.node.tick();
    if (!this.hasLeader) this.#forgetGivenUp();
    if (this.#unwrittenState !== undefined && !this.#busy && this.#logTasks.length === 0) {
      this.#logTasks.push({ run: () => this.#flushState(), refuse: () => undefined });
    }
    this.schedule();
  }

  async #flushState(): Promise<void> {
    const state = this.#unwrittenState;
    this.#unwrittenState = undefined;
    if (state !== undefined) await this.#options.wal.append(state, []);
  }

  #run(): void {
    const { node, apply } = this.#options;
    while (!this.#busy && !this.#stopped && this.#idle === undefined) {
      this.#proposeGathered();
      const task = this.#logTasks.shift();
      if (task !== undefined) this.#write(task.run());
      else if (node.hasReady()) this.#handle(node.ready());
      else if (this.#campaign) {
        this.#campaign = false;
        node.campaign();
      } else break;
    }
    apply(false);
  }

  #handle(ready: Ready): void {
    const { node, storage, send, onReadState } = this.#options;
    if (ready.softState !== undefined) this.#leadership();
    for (const { index, context } of ready.readStates) onReadState(index, context);
    const leading = node.role === "leader";
    if (leading) send(ready.messages);
    if (ready.snapshot !== undefined) {
      assert(!leading, "ReadyLoop: a leader takes no snapshot");
      this.#write(this.#takeSnapshot(ready, ready.snapshot));
      return;
    }
    // Another leader's commits may come with the entries: those are applied once they are here.
    const early =
      (ready.entries[0]?.index ?? Infinity) > (ready.committedEntries.at(-1)?.index ?? 0);
    if (early) this.#commit(ready.committedEntries);

    if (ready.hardState !== undefined) this.#unwrittenState = ready.hardState;
    const finish = (): void => {
      if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
      storage.append(ready.entries);
      if (!leading) send(ready.messages);
      if (!early) this.#commit(ready.committedEntries);
      node.advance();
    };
    if (ready.entries.length === 0 && !ready.mustSync) finish();
    else this.#write(this.#persist(ready.entries).then(finish));
  }

  /**
   * First the snapshot, then the state that says it is committed: torn between the two, it never came. Nothing
   * else of raft is looked at until the database is exchanged.
   */
  async #takeSnapshot(ready: Ready, snapshot: RaftSnapshot): Promise<void> {
    const { node, storage, send, saveSnapshot, installSnapshot } = this.#options;
    assert(
      ready.committedEntries.length === 0,
      "ReadyLoop: entries are committed before a snapshot",
    );
    await saveSnapshot(snapshot);
    if (ready.hardState !== undefined) this.#unwrittenState = ready.hardState;
    await this.#persist(ready.entries);
    storage.applySnapshot(snapshot);
    if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    storage.append(ready.entries);
    const { index } = snapshot.metadata ?? { index: 0 };
    this.committedIndex = Math.max(this.committedIndex, index);
    await installSnapshot(snapshot);
    send(ready.messages);
    node.advance();
  }

  #persist(entries: readonly Entry[]): Promise<void> {
    const state = this.#unwrittenState;
    this.#unwrittenState = undefined;
    return this.#options.wal.append(state, entries);
  }

  #write(writing: Promise<void>): void {
    this.#busy = true;
    writing.then(
      () => {
        this.#busy = false;
        this.#idle?.();
        this.#run();
      },
      (error: unknown) => {
        this.#end(error);
        this.#busy = false;
        this.#idle?.();
        this.#options.onFailure(error);
      },
    );
  }

  #commit(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.committedIndex = Math.max(this.committedIndex, last.index);
    this.#options.commit(entries);
    // Raft counts on a change of its members being made before it goes on.
    if (entries.some((entry) => entry.type !== EntryType.EntryNormal)) this.#options.apply(true);
  }

  #leadership(): void {
    const { leader } = this.#options.node;
    if (leader !== NO_NODE && leader !== this.#lastLeader) this.leaderChanges++;
    this.#lastLeader = leader;
    this.#options.onLeadership();
  }
}
