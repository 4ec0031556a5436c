import { InvariantError } from "@nodetcd/bytes";

/**
 * Stable names of what can go wrong, for callers to branch on. Texts are etcd's own, because they
 * travel to clients and stand in scenarios.
 */
export type RaftErrorCode =
  /** `Storage`: the entry, or its term, was compacted away. The node sends a snapshot instead. */
  | "COMPACTED"
  /** `Storage`: the entry is not there although its index is not compacted. */
  | "UNAVAILABLE"
  /** `MemoryStorage`: the snapshot is not newer than the one already held. */
  | "SNAPSHOT_OUT_OF_DATE"
  /** `Storage`: a snapshot is being made; the node asks again later. */
  | "SNAPSHOT_TEMPORARILY_UNAVAILABLE"
  /** The proposal was not accepted and will not be applied: try again, or elsewhere. */
  | "PROPOSAL_DROPPED"
  /** A message that only the node itself may produce came from outside. */
  | "LOCAL_MESSAGE"
  /** A response came from a node that is not in the configuration. */
  | "PEER_NOT_FOUND"
  /** An option is missing or contradicts another. */
  | "INVALID_CONFIG"
  /** A membership change does not fit the configuration that it is applied to. */
  | "INVALID_CONF_CHANGE"
  /** `bootstrap` was called without peers, or on storage that is not empty. */
  | "CANNOT_BOOTSTRAP";

const TEXT: Partial<Record<RaftErrorCode, string>> = {
  COMPACTED: "requested index is unavailable due to compaction",
  UNAVAILABLE: "requested entry at index is unavailable",
  SNAPSHOT_OUT_OF_DATE: "requested index is older than the existing snapshot",
  SNAPSHOT_TEMPORARILY_UNAVAILABLE: "snapshot is temporarily unavailable",
  PROPOSAL_DROPPED: "raft proposal dropped",
  LOCAL_MESSAGE: "raft: cannot step raft local message",
  PEER_NOT_FOUND: "raft: cannot step as peer not found",
};

/** Something that the caller asked for cannot be done. The node is unharmed and goes on. */
export class RaftError extends Error {
  override readonly name = "RaftError";
  readonly code: RaftErrorCode;

  constructor(code: RaftErrorCode, message: string = TEXT[code] ?? code) {
    super(message);
    this.code = code;
  }
}

/** True when `error` is a `RaftError` with this code. */
export function isRaftError(error: unknown, code: RaftErrorCode): boolean {
  return error instanceof RaftError && error.code === code;
}

/**
 * Stops the node: going on could break what Raft promises. Takes the finished message, so that a
 * check on a hot path builds no text while it holds.
 */
export function broken(message: string): never {
  throw new InvariantError(message);
}
