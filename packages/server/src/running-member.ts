import type { Services } from "@nodetcd/grpc";
import type { Member, MemberStatus } from "./member.ts";
import type { MemberContext } from "./member-context.ts";

/** What a member is made of, for stopping it. */
export interface MemberParts {
  readonly member: MemberContext;
  readonly services: Services;
  readonly clientUrls: readonly string[];
  readonly failed: Promise<Error>;
  /** Stops everything, in order; called once. */
  readonly shutdown: () => Promise<void>;
}

/** The `Member` that `startMember` answers. */
export class RunningMember implements Member {
  readonly #parts: MemberParts;
  #stopping: Promise<void> | undefined;

  constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  get id(): bigint {
    return this.#parts.member.memberId;
  }

  get clusterId(): bigint {
    return this.#parts.member.clusterId;
  }

  get clientUrls(): readonly string[] {
    return this.#parts.clientUrls;
  }

  get services(): Services {
    return this.#parts.services;
  }

  get failed(): Promise<Error> {
    return this.#parts.failed;
  }

  status(): MemberStatus {
    const { raft, applied, store, backend } = this.#parts.member;
    return {
      leader: raft.leader,
      raftTerm: raft.term,
      committedIndex: raft.committedIndex,
      appliedIndex: applied.index,
      revision: store.revision,
      dbSizeBytes: backend.size(),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#parts.shutdown();
    return this.#stopping;
  }
}
