import type * as raft from "@nodetcd/raft";

/** The part of the package that schedules drive; planted bugs bring their own copy of it. */
export type RaftLibrary = Pick<typeof raft, "RawNode" | "MemoryStorage">;

/** Faults of the harness itself: what a careless caller of raft would do wrong. */
export type CallerFault =
  /** The vote that was persisted is forgotten when the node crashes. */
  | "vote lost in a crash"
  /** Followers and candidates send their messages before the write that they promise. */
  | "messages sent before the write";

export interface ScheduleOptions {
  readonly library: RaftLibrary;
  readonly seed: number;
  /** Actions in one schedule. */
  readonly length: number;
  readonly fault?: CallerFault | undefined;
}

/** Raised when a schedule breaks one of the paper's invariants. */
export class Violation extends Error {
  override readonly name = "Violation";
}
