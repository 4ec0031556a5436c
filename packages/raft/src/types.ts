/** The id that is nobody's: no leader, no vote, no transferee. */
export const NO_NODE = 0n;

/** Target of `MsgStorageAppend` when storage is written asynchronously. No node may have this id. */
export const LOCAL_APPEND_THREAD: bigint = 0xffff_ffff_ffff_ffffn;

/** Target of `MsgStorageApply` when storage is written asynchronously. No node may have this id. */
export const LOCAL_APPLY_THREAD: bigint = 0xffff_ffff_ffff_fffen;

/** True for the ids that stand for this node's own storage threads. */
export function isLocalThread(id: bigint): boolean {
  return id === LOCAL_APPEND_THREAD || id === LOCAL_APPLY_THREAD;
}

/** What a node is to its group in the current term (paper, section 5.1; pre-candidate: thesis 9.6). */
export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

/** Volatile state that callers like to know; it is never persisted. */
export interface SoftState {
  /** The leader of the current term as far as this node knows; `0n` when it knows none. */
  readonly leader: bigint;
  readonly role: Role;
}

/** The answer to one `readIndex`: the read may be served once `index` has been applied. */
export interface ReadState {
  readonly index: number;
  /** The bytes given to `readIndex`, the very same memory. */
  readonly context: Uint8Array;
}

/** Receives the core's log lines. Texts are etcd's, so that operators' habits keep working. */
export interface RaftLogger {
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
}
