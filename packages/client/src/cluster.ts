import { type Member as WireMember, METHODS } from "@nodetcd/messages";
import { CALL_OPTIONS, type CallOptions } from "./call-options.ts";
import type { Calls } from "./calls.ts";
import { checkOptions, isBoolean, isId, isTexts } from "./check.ts";
import { EtcdError } from "./errors.ts";

/** A member of the cluster. */
export interface ClusterMember {
  id: bigint;
  /** Empty until it has started for the first time. */
  name: string;
  peerUrls: string[];
  /** Empty until it has started for the first time. */
  clientUrls: string[];
  isLearner: boolean;
}

/** Who belongs to the cluster. */
export class Cluster {
  readonly #connection: Calls;

  constructor(connection: Calls) {
    this.#connection = connection;
  }

  /** The members, in no particular order. `serializable`: as the asked member knows them. */
  async members(options: CallOptions & { serializable?: boolean } = {}): Promise<ClusterMember[]> {
    checkOptions(options, { ...CALL_OPTIONS, serializable: isBoolean });
    const request = { linearizable: options.serializable !== true };
    return (await this.#connection.call(METHODS.Cluster.MemberList, request, options)).members;
  }

  /** Announces a member before it is started; `learner` gives it no vote until it is promoted. */
  async add(
    peerUrls: string[],
    options: CallOptions & { learner?: boolean } = {},
  ): Promise<ClusterMember> {
    checkOptions(options, { ...CALL_OPTIONS, learner: isBoolean });
    isTexts(peerUrls, "peerUrls");
    const request = { peerUrls, isLearner: options.learner };
    return added((await this.#connection.call(METHODS.Cluster.MemberAdd, request, options)).member);
  }

  async remove(id: bigint, options?: CallOptions): Promise<ClusterMember[]> {
    checkOptions(options, CALL_OPTIONS);
    isId(id, "id");
    return (await this.#connection.call(METHODS.Cluster.MemberRemove, { id }, options)).members;
  }

  async update(id: bigint, peerUrls: string[], options?: CallOptions): Promise<ClusterMember[]> {
    checkOptions(options, CALL_OPTIONS);
    isId(id, "id");
    isTexts(peerUrls, "peerUrls");
    return (await this.#connection.call(METHODS.Cluster.MemberUpdate, { id, peerUrls }, options))
      .members;
  }

  /** Gives a learner that has caught up a vote. */
  async promote(id: bigint, options?: CallOptions): Promise<ClusterMember[]> {
    checkOptions(options, CALL_OPTIONS);
    isId(id, "id");
    return (await this.#connection.call(METHODS.Cluster.MemberPromote, { id }, options)).members;
  }
}

function added(member: WireMember | undefined): ClusterMember {
  if (member !== undefined) return member;
  throw new EtcdError("UNKNOWN", "The server did not say which member it added");
}
