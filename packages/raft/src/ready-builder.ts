import type { HardState, RaftMessage } from "@nodetcd/messages";
import { entriesSize } from "./entry.ts";
import { broken } from "./errors.ts";
import type { Ready } from "./ready.ts";
import type { RaftState } from "./state.ts";
import { hardStateOf } from "./status.ts";
import { step } from "./step.ts";
import {
  storageAppend,
  storageAppendResponse,
  storageApply,
  storageApplyResponse,
} from "./storage-messages.ts";
import type { ReadState, SoftState } from "./types.ts";

const NO_READ_STATES: ReadState[] = [];
const NO_MESSAGES: RaftMessage[] = [];

/** Turns what has changed since the last time into a `Ready`, and its completion into steps. */
export class ReadyBuilder {
  readonly #raft: RaftState;
  readonly #async: boolean;
  #softState: SoftState;
  #hardState: HardState;
  /** Messages of this node to itself, due when the last `Ready` is dealt with. */
  #onAdvance: RaftMessage[] = NO_MESSAGES;

  constructor(raft: RaftState) {
    this.#raft = raft;
    this.#async = raft.config.asyncStorageWrites;
    this.#softState = { leader: raft.leader, role: raft.role };
    this.#hardState = hardStateOf(raft);
  }

  hasReady(): boolean {
    const raft = this.#raft;
    const { unstable } = raft.log;
    return (
      raft.messages.length > 0 ||
      raft.messagesAfterAppend.length > 0 ||
      unstable.hasNextEntries ||
      raft.log.hasNextCommitted(!this.#async) ||
      this.#hardStateChanged() ||
      this.#softStateChanged() ||
      raft.readStates.length > 0 ||
      unstable.nextSnapshot() !== undefined
    );
  }

  take(): Ready {
    const raft = this.#raft;
    const { log } = raft;
    if (this.#onAdvance.length > 0) broken("two accepted Ready structs without call to Advance");

    const softState = this.#takeSoftState();
    const last = this.#hardState;
    const hardState = this.#takeHardState();
    const entries = log.unstable.nextEntries();
    const committedEntries = log.nextCommitted(!this.#async);
    const snapshot = log.unstable.nextSnapshot();
    const readStates = raft.readStates;
    if (readStates.length > 0) raft.readStates = [];
    const mustSync = entries.length > 0 || raft.vote !== last.vote || raft.term !== last.term;

    // A new list even after an empty one: applying entries of this `Ready` may send more.
    const messages = raft.messages;
    raft.messages = [];
    if (this.#async) this.#askThreads(messages, { entries, hardState, snapshot }, committedEntries);
    else this.#holdResponses(messages, { snapshot }, committedEntries);
    if (raft.messagesAfterAppend.length > 0) raft.messagesAfterAppend = [];

    log.unstable.acceptInProgress();
    if (committedEntries.length > 0) {
      const index = committedEntries[committedEntries.length - 1]!.index;
      log.acceptApplying(index, entriesSize(committedEntries), !this.#async);
    }
    return {
      softState,
      hardState,
      readStates: readStates.length > 0 ? readStates : NO_READ_STATES,
      entries,
      snapshot,
      committedEntries,
      messages,
      mustSync,
    };
  }

  advance(): void {
    if (this.#async) broken("Advance must not be called when using AsyncStorageWrites");
    const messages = this.#onAdvance;
    this.#onAdvance = NO_MESSAGES;
    for (let i = 0; i < messages.length; i++) step(this.#raft, messages[i]!);
  }

  /** Asynchronous storage: writes become messages, and promises go with them as responses. */
  #askThreads(
    messages: RaftMessage[],
    write: Pick<Ready, "entries" | "hardState" | "snapshot">,
    committed: Ready["committedEntries"],
  ): void {
    const append = storageAppend(this.#raft, write);
    if (append !== undefined) messages.push(append);
    if (committed.length > 0) messages.push(storageApply(this.#raft, committed));
  }

  /**
   * Synchronous storage: the caller sends promises after the write, as all messages of this `Ready`;
   * what this node tells itself waits for `advance`.
   */
  #holdResponses(
    messages: RaftMessage[],
    write: Pick<Ready, "snapshot">,
    committed: Ready["committedEntries"],
  ): void {
    const raft = this.#raft;
    const own: RaftMessage[] = [];
    for (let i = 0; i < raft.messagesAfterAppend.length; i++) {
      const message = raft.messagesAfterAppend[i]!;
      (message.to === raft.id ? own : messages).push(message);
    }
    const stable = storageAppendResponse(raft, write);
    if (stable !== undefined) own.push(stable);
    if (committed.length > 0) own.push(storageApplyResponse(raft, committed));
    this.#onAdvance = own;
  }

  #softStateChanged(): boolean {
    return this.#raft.leader !== this.#softState.leader || this.#raft.role !== this.#softState.role;
  }

  #takeSoftState(): SoftState | undefined {
    if (!this.#softStateChanged()) return undefined;
    this.#softState = { leader: this.#raft.leader, role: this.#raft.role };
    return this.#softState;
  }

  #hardStateChanged(): boolean {
    const raft = this.#raft;
    const { term, vote, commit } = this.#hardState;
    return raft.log.committed !== commit || raft.term !== term || raft.vote !== vote;
  }

  #takeHardState(): HardState | undefined {
    if (!this.#hardStateChanged()) return undefined;
    this.#hardState = hardStateOf(this.#raft);
    return this.#hardState;
  }
}
