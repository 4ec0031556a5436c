import { ConfChange, ConfChangeType, type Entry } from "@nodetcd/messages";
import { RaftError } from "./errors.ts";
import { asV2, confChangeEntry } from "./membership/conf-change.ts";
import { applyConfChange } from "./switch-membership.ts";
import { becomeFollower } from "./role.ts";
import type { RaftState } from "./state.ts";
import { NO_NODE } from "./types.ts";

/** A first member of a new group. */
export interface Peer {
  readonly id: bigint;
  /** For the application: goes into the entry that adds the member. Borrowed for good. */
  readonly context: Uint8Array;
}

/**
 * Begins a new group as if its members had been added by entries 1 to n of term 1, all committed.
 * Every first member does so with the same peers in the same order. The entries come out in the
 * first `Ready`, to persist and to apply.
 *
 * @throws RaftError CANNOT_BOOTSTRAP without peers, or when storage is not empty
 */
export function bootstrap(raft: RaftState, peers: readonly Peer[]): void {
  if (peers.length === 0) {
    throw new RaftError("CANNOT_BOOTSTRAP", "must provide at least one peer to Bootstrap");
  }
  if (raft.log.storage.lastIndex() !== 0) {
    throw new RaftError("CANNOT_BOOTSTRAP", "can't bootstrap a nonempty Storage");
  }
  becomeFollower(raft, 1, NO_NODE);
  const changes = peers.map(({ id, context }): ConfChange => {
    return { id: 0n, type: ConfChangeType.ConfChangeAddNode, nodeId: id, context };
  });
  const entries = changes.map((change, i): Entry => {
    return { ...confChangeEntry(change), term: 1, index: i + 1 };
  });
  raft.log.append(entries);
  raft.log.committed = entries.length;
  // Applied here already, so that the node can campaign at once; the caller applies them again when
  // they come out, which changes nothing more.
  for (const change of changes) applyConfChange(raft, asV2(change));
}
