import { crc32c } from "@nodetcd/bytes";
import { KeyValue } from "@nodetcd/messages";
import { revisionKey } from "../../src/mvcc.ts";

export interface ModelChange {
  readonly main: number;
  readonly sub: number;
  readonly key: string;
  readonly deleted: boolean;
  readonly createRevision: number;
  readonly version: number;
  readonly value: string;
  readonly lease: bigint;
}

const encode = (text: string): Uint8Array => Buffer.from(text);

/** The record of a change, encoded by the general codec. */
export function recordOf(change: ModelChange): { key: Uint8Array; value: Uint8Array } {
  const key = encode(change.key);
  const value = change.deleted
    ? KeyValue.encode({ key })
    : KeyValue.encode({
        key,
        createRevision: change.createRevision,
        modRevision: change.main,
        version: change.version,
        value: encode(change.value),
        lease: change.lease,
      });
  return { key: revisionKey(change.main, change.sub, change.deleted), value };
}

/** The KeyValue that an event of a change carries. */
export function eventBytes(change: ModelChange): Uint8Array {
  if (!change.deleted) return recordOf(change).value;
  return KeyValue.encode({ key: encode(change.key), modRevision: change.main });
}

/** A list of all changes ever made, and answers by looking through it. */
export class Model {
  changes: ModelChange[] = [];
  revision = 1;
  compactRevision = -1;

  static inRange(text: string, key: string, end: string | undefined): boolean {
    if (end === undefined || end === "") return text === key;
    return text >= key && (end === "\0" || text < end);
  }

  /** Newest change of each key at or below `revision`, deletions included, in key order. */
  newest(revision: number): ModelChange[] {
    const byKey = new Map<string, ModelChange>();
    for (const change of this.changes) if (change.main <= revision) byKey.set(change.key, change);
    return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  range(key: string, end: string | undefined, revision: number): ModelChange[] {
    return this.newest(revision).filter((c) => !c.deleted && Model.inRange(c.key, key, end));
  }

  put(key: string, value: string, lease: bigint, sub: number): void {
    const main = this.revision + 1;
    const before = this.range(key, undefined, main)[0];
    this.changes.push({
      main,
      sub,
      key,
      deleted: false,
      createRevision: before?.createRevision ?? main,
      version: (before?.version ?? 0) + 1,
      value,
      lease,
    });
  }

  /** Returns how many were deleted. */
  deleteRange(key: string, end: string | undefined, sub: number): number {
    const main = this.revision + 1;
    const victims = this.range(key, end, main);
    victims.forEach((victim, i) => {
      this.changes.push({
        ...victim,
        main,
        sub: sub + i,
        deleted: true,
        createRevision: 0,
        version: 0,
        value: "",
        lease: 0n,
      });
    });
    return victims.length;
  }

  /** Changes that a compaction at `at` leaves in the backend. */
  keptBy(at: number): ModelChange[] {
    const newest = new Set(this.newest(at));
    return this.changes.filter(
      (c) =>
        c.main > at ||
        (c.main === at && c.deleted) ||
        (newest.has(c) && !(c.deleted && c.main < at)),
    );
  }

  /**
   * What counts as alive in the hash of a revision: a key that was deleted at it does not for etcd, even if its
   * transaction put it again.
   */
  hashed(revision: number): Set<ModelChange> {
    const deleted = new Set(
      this.changes.filter((c) => c.main === revision && c.deleted).map((c) => c.key),
    );
    return new Set(this.newest(revision).filter((c) => !c.deleted && !deleted.has(c.key)));
  }

  /**
   * HashKV by its definition. When nothing is alive at `revision`, nothing is skipped: then it
   * depends on which records the backend still has, here those of a finished compaction.
   */
  hash(revision: number): number {
    const keep = this.hashed(revision);
    let crc = crc32c(0, encode("key"));
    const present = keep.size > 0 ? this.changes : this.keptBy(this.compactRevision);
    for (const change of present) {
      if (change.main > revision) continue;
      const old = change.main <= this.compactRevision;
      if (old && keep.size > 0 && !keep.has(change)) continue;
      if (change.deleted && change.main === this.compactRevision) continue;
      const { key, value } = recordOf(change);
      crc = crc32c(crc32c(crc, key), value);
    }
    return crc;
  }

  /** Forgets what came after a revision, as a crash does. */
  truncate(revision: number, compactRevision: number): void {
    this.changes = this.changes.filter((c) => c.main <= revision);
    this.revision = revision;
    this.compactRevision = compactRevision;
  }
}
