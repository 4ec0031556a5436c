import { NO_BYTES } from "@nodetcd/messages";
import type { RaftState } from "./state.ts";

/** Reads that wait for confirmation are numbered within a term, the first is 1. */
export function newestReadPosition(raft: RaftState): number {
  return raft.confirmedReads + raft.waitingReads.length;
}

/**
 * What heartbeats carry and their responses echo: the position of the newest read that waits, as a
 * little-endian u64; nothing when none waits.
 */
export function heartbeatContext(raft: RaftState): Uint8Array {
  if (raft.waitingReads.length === 0) return NO_BYTES;
  const context = new Uint8Array(8);
  new DataView(context.buffer).setBigUint64(0, BigInt(newestReadPosition(raft)), true);
  return context;
}

/** The position that a heartbeat response confirms; 0 when it confirms none. */
export function readPosition(context: Uint8Array): number {
  if (context.length < 8) return 0;
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  return Number(view.getBigUint64(0, true));
}
