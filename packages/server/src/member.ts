import type { Services } from "@nodetcd/grpc";

/** What `Member.status` answers; indexes are positions in the raft log. */
export interface MemberStatus {
  readonly leader: bigint;
  readonly raftTerm: number;
  readonly committedIndex: number;
  readonly appliedIndex: number;
  readonly revision: number;
  readonly dbSizeBytes: number;
}

/** A running member. It serves until `stop`, or until `failed` resolves. */
export interface Member {
  readonly id: bigint;
  readonly clusterId: bigint;
  /** Where clients reach it, as bound: with the real port where port 0 was asked for. */
  readonly clientUrls: readonly string[];
  /** The RPC handlers, for calls from this process without a socket (`LocalTransport`). */
  readonly services: Services;
  status(): MemberStatus;
  /** Resolves, never rejects, when the member cannot go on: storage failed. It answers no more. */
  readonly failed: Promise<Error>;
  /** Ends calls in progress, commits what is in memory and closes the files. Idempotent. */
  stop(): Promise<void>;
}
