import { BUCKETS, type Backend } from "@nodetcd/backend";
import type { ConfState } from "@nodetcd/messages";
import type { StateRecord } from "../state/record.ts";
import { hexId } from "./ids.ts";
import { memberJson, type MemberRecord, parseMemberJson } from "./member-json.ts";

const CLUSTER_VERSION_KEY = Buffer.from("clusterVersion");
const REMOVED = Buffer.from("removed");

/** Reads all records of a bucket as text. */
function readBucket(
  backend: Backend,
  bucket: typeof BUCKETS.members | typeof BUCKETS.membersRemoved,
): [string, string][] {
  const records: [string, string][] = [];
  backend.range(bucket, new Uint8Array(0), undefined, 0, (key, value) => {
    records.push([Buffer.from(key).toString(), Buffer.from(value).toString()]);
  });
  return records;
}

/**
 * Who belongs to the cluster and which version it has agreed on; kept in the buckets `members`,
 * `members_removed` and `cluster` exactly as etcd keeps it. Changed by applied raft entries only.
 */
export class Cluster implements StateRecord {
  readonly #backend: Backend;
  readonly #members = new Map<bigint, MemberRecord>();
  readonly #removed = new Set<bigint>();
  #version: string | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.load();
  }

  load(): void {
    const backend = this.#backend;
    this.#members.clear();
    this.#removed.clear();
    for (const [, json] of readBucket(backend, BUCKETS.members)) {
      const member = parseMemberJson(json);
      this.#members.set(member.id, member);
    }
    for (const [key] of readBucket(backend, BUCKETS.membersRemoved)) {
      this.#removed.add(BigInt(`0x${key}`));
    }
    const version = backend.get(BUCKETS.cluster, CLUSTER_VERSION_KEY);
    this.#version = version === undefined ? undefined : Buffer.from(version).toString();
  }

  /** Ascending by id. */
  members(): MemberRecord[] {
    return [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  member(id: bigint): MemberRecord | undefined {
    return this.#members.get(id);
  }

  isRemoved(id: bigint): boolean {
    return this.#removed.has(id);
  }

  /** `3.7.0`; undefined until the cluster has agreed on one. */
  get version(): string | undefined {
    return this.#version;
  }

  setVersion(version: string): void {
    this.#version = version;
    this.#backend.put(BUCKETS.cluster, CLUSTER_VERSION_KEY, Buffer.from(version));
  }

  /** Adds a member or replaces its record. */
  save(member: MemberRecord): void {
    this.#members.set(member.id, member);
    this.#backend.put(
      BUCKETS.members,
      Buffer.from(hexId(member.id)),
      Buffer.from(memberJson(member)),
    );
  }

  remove(id: bigint): void {
    this.#members.delete(id);
    this.#removed.add(id);
    const key = Buffer.from(hexId(id));
    this.#backend.delete(BUCKETS.members, key);
    this.#backend.put(BUCKETS.membersRemoved, key, REMOVED);
  }

  /** The raft configuration that these members form. */
  confState(): ConfState {
    const all = this.members();
    return {
      voters: all.filter((member) => !member.isLearner).map((member) => member.id),
      learners: all.filter((member) => member.isLearner).map((member) => member.id),
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
  }
}
