import type { AuthStore, Logins, TokenProvider } from "@nodetcd/auth";
import type { Backend } from "@nodetcd/backend";
import type { Lessor } from "@nodetcd/lease";
import type { Store } from "@nodetcd/mvcc";
import type { Transport } from "@nodetcd/peers";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { AppliedIndex } from "./state/applied-index.ts";
import type { DiskRoom } from "./state/disk-room.ts";
import type { Quota } from "./state/quota.ts";
import type { MemberConfig } from "./config.ts";
import type { Alarms } from "./state/alarms.ts";
import type { Cluster } from "@nodetcd/membership";
import type { Access } from "./access.ts";
import type { Proposer } from "./propose/propose.ts";
import type { RequestIds } from "./wire/request-id.ts";
import type { FairQueue } from "./read/fair-queue.ts";
import type { LinearizableReads } from "./read/linearizable.ts";
import type { ResponseHeaders } from "./wire/response-header.ts";

/** What the handlers of requests know of raft. */
export interface RaftView {
  /** The leader's id, 0n without one. */
  readonly leader: bigint;
  readonly isLeader: boolean;
  /** Term of the newest applied entry. */
  readonly term: number;
  readonly committedIndex: number;
  /** This member has no vote. */
  readonly isLearner: boolean;
  /** Who votes, ascending by id. */
  readonly voters: readonly bigint[];
  /** How far members are in the log, on the leader; undefined elsewhere. */
  progress(): ReadonlyMap<bigint, { readonly match: number }> | undefined;
  /** Hands leadership over, within an election timeout or not at all. */
  transferLeader(id: bigint): void;
}

/** The parts of a running member that its handlers work with. */
export interface MemberContext {
  readonly runtime: Runtime;
  readonly config: MemberConfig;
  readonly logger: Logger;
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly backend: Backend;
  readonly store: Store;
  readonly lessor: Lessor;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  readonly tokens: TokenProvider;
  readonly logins: Logins;
  readonly cluster: Cluster;
  readonly peers: Transport;
  readonly applied: AppliedIndex;
  readonly quota: Quota;
  readonly diskRoom: DiskRoom;
  readonly proposer: Proposer;
  readonly requestIds: RequestIds;
  readonly reads: LinearizableReads;
  readonly fairQueue: FairQueue;
  readonly headers: ResponseHeaders;
  readonly raft: RaftView;
  readonly access: Access;
  /** Learners that became voters through this member. */
  readonly learners: { promoted: number };
}
