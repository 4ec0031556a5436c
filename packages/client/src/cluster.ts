import type { Member as WireMember } from "@nodetcd/messages";
import type { CallOptions, Connection } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import {
  MEMBER_ADD,
  MEMBER_LIST,
  MEMBER_PROMOTE,
  MEMBER_REMOVE,
  MEMBER_UPDATE,
} from "./methods.ts";

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
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The members, in no particular order. `serializable`: as the asked member knows them. */
  async members(options: CallOptions & { serializable?: boolean } = {}): Promise<ClusterMember[]> {
    const request = { linearizable: options.serializable !== true };
    return (await this.#connection.call(MEMBER_LIST, request, options)).members;
  }

  /** Announces a member before it is started; `learner` gives it no vote until it is promoted. */
  async add(
    peerUrls: string[],
    options: CallOptions & { learner?: boolean } = {},
  ): Promise<ClusterMember> {
    const request = { peerUrls, isLearner: options.learner };
    return added((await this.#connection.call(MEMBER_ADD, request, options)).member);
  }

  async remove(id: bigint, options?: CallOptions): Promise<ClusterMember[]> {
    return (await this.#connection.call(MEMBER_REMOVE, { id }, options)).members;
  }

  async update(id: bigint, peerUrls: string[], options?: CallOptions): Promise<ClusterMember[]> {
    return (await this.#connection.call(MEMBER_UPDATE, { id, peerUrls }, options)).members;
  }

  /** Gives a learner that has caught up a vote. */
  async promote(id: bigint, options?: CallOptions): Promise<ClusterMember[]> {
    return (await this.#connection.call(MEMBER_PROMOTE, { id }, options)).members;
  }
}

function added(member: WireMember | undefined): ClusterMember {
  if (member !== undefined) return member;
  throw new EtcdError("UNKNOWN", "The server did not say which member it added");
}
