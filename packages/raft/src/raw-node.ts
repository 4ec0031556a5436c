import { MessageType, type ConfState, type Entry, type RaftMessage } from "@nodetcd/messages";
import { bootstrap, type Peer } from "./bootstrap.ts";
import type { Config } from "./config.ts";
import { normalEntry } from "./entry.ts";
import { RaftError } from "./errors.ts";
import { asV2, confChangeEntry, type AnyConfChange } from "./membership/conf-change.ts";
import { snapshotIndex } from "./log-unstable.ts";
import { applyConfChange } from "./switch-membership.ts";
import { isLocalMessage, isResponse, newMessage } from "./message.ts";
import { proposeAsLeader } from "./proposal.ts";
import { ReadyBuilder } from "./ready-builder.ts";
import type { Ready } from "./ready.ts";
import { startRaft } from "./start.ts";
import type { RaftState } from "./state.ts";
import { basicStatus, status, type BasicStatus, type Status } from "./status.ts";
import { step } from "./step.ts";
import { tick } from "./tick.ts";
import { isLocalThread, type Role } from "./types.ts";

/**
 * One member of a Raft group, as a state machine that is driven from outside: `tick` for time,
 * `step` for messages, `propose` and the like for wishes; after each of them `hasReady` says whether
 * there is work, `ready` gives it, and `advance` says that it is done. The duties are told at
 * `Ready`. Nothing here waits, and nothing happens by itself.
 *
 * A broken invariant raises `InvariantError`: the node must not be used any more then.
 */
export class RawNode {
  readonly #raft: RaftState;
  readonly #ready: ReadyBuilder;

  /** @throws RaftError INVALID_CONFIG */
  constructor(config: Config) {
    this.#raft = startRaft(config);
    this.#ready = new ReadyBuilder(this.#raft);
  }

  get id(): bigint {
    return this.#raft.id;
  }

  /** The leader as far as known; `0n` when it is not. */
  get leader(): bigint {
    return this.#raft.leader;
  }

  get term(): number {
    return this.#raft.term;
  }

  get role(): Role {
    return this.#raft.role;
  }

  /** Highest index known to be committed. */
  get committed(): number {
    return this.#raft.log.committed;
  }

  /** Highest index that the caller said it has applied. */
  get applied(): number {
    return this.#raft.log.applied;
  }

  /** Index of the last entry of the log, stable or not. */
  get lastIndex(): number {
    return this.#raft.log.lastIndex();
  }

  /** Index of the received snapshot that takes the place of the log and is not applied yet; 0 when there is none. */
  get pendingSnapshotIndex(): number {
    const { snapshot } = this.#raft.log.unstable;
    return snapshot === undefined ? 0 : snapshotIndex(snapshot);
  }

  /** One tick of time passes: elections and heartbeats become due. */
  tick(): void {
    tick(this.#raft);
  }

  /** Campaigns now rather than after an election timeout. */
  campaign(): void {
    step(this.#raft, newMessage(MessageType.MsgHup, 0n));
  }

  /**
   * Proposes to append `data` to the log. It may still be lost: what counts is that it comes out
   * among the committed entries.
   *
   * @param data borrowed for good: it must not change any more
   * @throws RaftError PROPOSAL_DROPPED when it will certainly not be appended
   */
  propose(data: Uint8Array): void {
    this.#propose([normalEntry(data)]);
  }

  /** Proposes several at once: cheaper than one by one; all are appended, or none. */
  proposeBatch(data: readonly Uint8Array[]): void {
    if (data.length > 0) this.#propose(data.map((one) => normalEntry(one)));
  }

  /**
   * Proposes to change who takes part. A leader turns a change that cannot follow into an empty
   * entry; so watch for it to come out.
   *
   * @throws RaftError PROPOSAL_DROPPED as `propose`
   */
  proposeConfChange(change: AnyConfChange): void {
    this.#propose([confChangeEntry(change)]);
  }

  /**
   * Makes a committed change active. To be called with each that comes out, except those that the
   * application turns down.
   *
   * @returns the new configuration, to be kept with the next snapshot; owned by the caller
   */
  applyConfChange(change: AnyConfChange): ConfState {
    return applyConfChange(this.#raft, asV2(change));
  }

  /**
   * Takes in a message from another node (or from a storage thread). It is borrowed for good.
   *
   * @throws RaftError LOCAL_MESSAGE, PEER_NOT_FOUND when it is none that a peer may send: ignore it;
   *   PROPOSAL_DROPPED when it was a forwarded proposal
   */
  step(message: RaftMessage): void {
    const { type, from } = message;
    if (isLocalMessage(type) && !isLocalThread(from)) throw new RaftError("LOCAL_MESSAGE");
    if (isResponse(type) && this.#raft.tracker.get(from) === undefined && !isLocalThread(from)) {
      throw new RaftError("PEER_NOT_FOUND");
    }
    step(this.#raft, message);
  }

  /** True when `ready` would have work. */
  hasReady(): boolean {
    return this.#ready.hasReady();
  }

  /** Takes the work that is there. It must be done, and `advance` called, before the next. */
  ready(): Ready {
    return this.#ready.take();
  }

  /** The last `Ready` is dealt with. Not to be called with `asyncStorageWrites`. */
  advance(): void {
    this.#ready.advance();
  }

  /**
   * Asks for an index that a linearizable read must wait for; the answer comes in `readStates`. It
   * may be lost with a leader: ask again then.
   *
   * @param context tells requests apart; borrowed, and returned with the answer
   */
  readIndex(context: Uint8Array): void {
    const message = newMessage(MessageType.MsgReadIndex, 0n);
    message.entries = [normalEntry(context)];
    step(this.#raft, message);
  }

  /** Hands leadership to `id`, within an election timeout or not at all. */
  transferLeader(id: bigint): void {
    this.#about(MessageType.MsgTransferLeader, id, false);
  }

  /** A follower forgets its leader and may vote for another; see `forget-leader.ts`. */
  forgetLeader(): void {
    step(this.#raft, newMessage(MessageType.MsgForgetLeader, 0n));
  }

  /** The last messages to `id` did not get through. */
  reportUnreachable(id: bigint): void {
    this.#about(MessageType.MsgUnreachable, id, false);
  }

  /** A snapshot sent to `id` arrived, or did not. To be called for every `MsgSnap`. */
  reportSnapshot(id: bigint, ok: boolean): void {
    this.#about(MessageType.MsgSnapStatus, id, !ok);
  }

  /** Begins a new group; see `bootstrap.ts`. */
  bootstrap(peers: readonly Peer[]): void {
    bootstrap(this.#raft, peers);
  }

  basicStatus(): BasicStatus {
    return basicStatus(this.#raft);
  }

  /** With configuration and, on a leader, every member's progress. */
  status(): Status {
    return status(this.#raft);
  }

  /** For tests and scenarios: fixes the election timeout until the next change of role. */
  setElectionTimeout(ticks: number): void {
    this.#raft.randomizedElectionTimeout = ticks;
  }

  #propose(entries: Entry[]): void {
    const raft = this.#raft;
    if (raft.role === "leader") {
      proposeAsLeader(raft, entries);
      return;
    }
    const message = newMessage(MessageType.MsgProp, 0n);
    message.from = raft.id;
    message.entries = entries;
    step(raft, message);
  }

  #about(type: MessageType, id: bigint, reject: boolean): void {
    const message = newMessage(type, 0n);
    message.from = id;
    message.reject = reject;
    step(this.#raft, message);
  }
}
