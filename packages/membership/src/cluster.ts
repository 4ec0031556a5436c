import { BUCKETS, type Backend } from "@nodetcd/backend";
import type { ConfState } from "@nodetcd/messages";
import { hexId } from "@nodetcd/peers";
import { memberJson, type MemberRecord, parseMemberJson } from "./member-json.ts";

const VERSION_KEY = Buffer.from("clusterVersion");
const DOWNGRADE_KEY = Buffer.from("downgrade");
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

/** The version that a downgrade under way leads to; undefined without one. */
function readDowngrade(json: Uint8Array | undefined): string | undefined {
  if (json === undefined) return undefined;
  const parsed: unknown = JSON.parse(Buffer.from(json).toString());
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { enabled, "target-version": target } = parsed as Record<string, unknown>;
  return enabled === true && typeof target === "string" ? target : undefined;
}

/**
 * Who belongs to the cluster and which version it has agreed on; kept in the buckets `members`,
 * `members_removed` and `cluster` exactly as etcd keeps it. Changed by applied raft entries only.
 */
export class Cluster {
  #backend: Backend;
  #members = new Map<bigint, MemberRecord>();
  #removed = new Set<bigint>();
  #version: string | undefined;
  #downgradeTarget: string | undefined;

  /** Reads what the backend holds. */
  constructor(backend: Backend) {
    this.#backend = backend;
    this.load(backend);
  }

  /** Forgets all, and reads what this backend holds: its file was exchanged. */
  load(backend: Backend): void {
    this.#backend = backend;
    const members = readBucket(backend, BUCKETS.members).map(([, json]) => parseMemberJson(json));
    this.#members = new Map(members.map((member) => [member.id, member]));
    const removed = readBucket(backend, BUCKETS.membersRemoved);
    this.#removed = new Set(removed.map(([key]) => BigInt(`0x${key}`)));
    const version = backend.get(BUCKETS.cluster, VERSION_KEY);
    this.#version = version === undefined ? undefined : Buffer.from(version).toString();
    this.#downgradeTarget = readDowngrade(backend.get(BUCKETS.cluster, DOWNGRADE_KEY));
  }

  /** Ascending by id. */
  members(): MemberRecord[] {
    return [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Those who are not learners, ascending by id. */
  voters(): MemberRecord[] {
    return this.members().filter((member) => !member.isLearner);
  }

  member(id: bigint): MemberRecord | undefined {
    return this.#members.get(id);
  }

  isRemoved(id: bigint): boolean {
    return this.#removed.has(id);
  }

  /** Ids that were members once and never will be again, ascending. */
  removedIds(): bigint[] {
    return [...this.#removed].sort((a, b) => (a < b ? -1 : 1));
  }

  /** `3.7.0`; undefined until the cluster has agreed on one. */
  get version(): string | undefined {
    return this.#version;
  }

  setVersion(version: string): void {
    this.#version = version;
    this.#backend.put(BUCKETS.cluster, VERSION_KEY, Buffer.from(version));
  }

  /** `3.6.0` while the cluster is being downgraded to it; else undefined. */
  get downgradeTarget(): string | undefined {
    return this.#downgradeTarget;
  }

  setDowngradeTarget(target: string | undefined): void {
    this.#downgradeTarget = target;
    const record = { "target-version": target ?? "", enabled: target !== undefined };
    this.#backend.put(BUCKETS.cluster, DOWNGRADE_KEY, Buffer.from(JSON.stringify(record)));
  }

  /** Adds a member or replaces its record. */
  save(member: MemberRecord): void {
    this.#members.set(member.id, member);
    const key = Buffer.from(hexId(member.id));
    this.#backend.put(BUCKETS.members, key, Buffer.from(memberJson(member)));
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
