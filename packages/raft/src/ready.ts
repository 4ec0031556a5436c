import type { Entry, HardState, RaftMessage, RaftSnapshot } from "@nodetcd/messages";
import type { ReadState, SoftState } from "./types.ts";

/**
 * Work that the node has for its caller. Everything in it is borrowed and must not be changed.
 * The caller's four duties, in this order:
 *
 * 1. Persist `entries`, then `hardState` (and `snapshot`, before either) if they are there, durably
 *    if `mustSync` says so. Entries replace what storage holds from the first of their indexes on.
 * 2. Send `messages`. The leader's appends and heartbeats may go in parallel with step 1; a
 *    follower's and candidate's messages must not, they promise what step 1 has written.
 *    A `MsgSnap` that was sent, or could not be, is reported with `reportSnapshot`.
 * 3. Apply `snapshot`, then `committedEntries`, to the state machine. Entries of a membership change
 *    are given to `applyConfChange` (unless the application refuses them).
 * 4. Call `advance`. With `asyncStorageWrites` steps 1, 3 and 4 are messages to local threads.
 */
export interface Ready {
  /** Leader and role, when one of them changed. */
  readonly softState: SoftState | undefined;
  /** Term, vote and commit to persist, when one of them changed. */
  readonly hardState: HardState | undefined;
  /** Reads that were confirmed; each may be served once its index is applied. */
  readonly readStates: readonly ReadState[];
  /** Entries to persist. */
  readonly entries: Entry[];
  /** A snapshot to persist and then apply, in place of everything before it. */
  readonly snapshot: RaftSnapshot | undefined;
  /** Entries to apply, in order. They are, or have been, in `entries`. */
  readonly committedEntries: Entry[];
  /** Messages to other nodes (and, with `asyncStorageWrites`, to the local threads). */
  readonly messages: RaftMessage[];
  /** The write of step 1 must be durable before what follows: entries, or a new term or vote. */
  readonly mustSync: boolean;
}
