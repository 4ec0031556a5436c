/**
 * Holds a restarted server to what was acknowledged before it died:
 *
 * 1. its revision is not behind the newest one acknowledged;
 * 2. its history has every acknowledged write, whole, at its revision, and nothing that nobody sent;
 * 3. no revision is missing, and none that was seen before has changed (none was used twice);
 * 4. what it holds now is what its history adds up to;
 * 5. leases that were granted are there, revoked ones are not, and their keys went with them;
 * 6. the hash of the history up to a revision is the same before and after.
 */
import { METHODS } from "@nodetcd/messages";
import { Connection } from "../rpc.ts";
import { type Held, type History, readHeld, readHistory } from "./history.ts";
import type { Change, Records } from "./record.ts";

/** Carried from one verification to the next on the same data directory. */
export interface Verified {
  /** All history seen so far. */
  readonly history: History;
  /** Everything up to here has been verified. */
  revision: number;
  hash:
    { readonly revision: number; readonly compacted: number; readonly value: number } | undefined;
}

export function newVerified(): Verified {
  return { history: new Map(), revision: 1, hash: undefined };
}

/** Faults found, in words; none when all is well. `whole`: read the history from its beginning again. */
export async function verify(
  url: string,
  records: Records,
  verified: Verified,
  whole: boolean,
): Promise<string[]> {
  const connection = new Connection(url);
  try {
    const faults: string[] = [];
    const held = await readHeld(connection);
    if (held.revision < records.newestAcknowledged) {
      faults.push(
        `revision ${held.revision} is behind ${records.newestAcknowledged}, acknowledged`,
      );
    }
    const oldest = Math.max(records.compactionSent, 1) + 1;
    const from = whole ? oldest : Math.max(oldest, verified.revision - 50);
    const recent = await readHistory(connection, from, held.revision);
    faults.push(...mergeHistory(verified, recent, held.revision));
    faults.push(...checkChanges(recent, records), ...checkAcknowledged(recent, records, from));
    faults.push(...checkHeld(held, verified.history, records));
    faults.push(...(await checkLeases(connection, records, held)));
    faults.push(...(await checkHash(connection, records, verified, held.revision)));
    verified.revision = held.revision;
    records.verified = held.revision;
    return faults;
  } finally {
    connection.close();
  }
}

function mergeHistory(verified: Verified, recent: History, current: number): string[] {
  const faults: string[] = [];
  for (const [revision, changes] of recent) {
    const before = verified.history.get(revision);
    if (before !== undefined && !isSame(before, changes)) {
      faults.push(`revision ${revision} was ${show(before)}, is now ${show(changes)}`);
    }
    verified.history.set(revision, changes);
  }
  for (let revision = verified.revision + 1; revision <= current; revision++) {
    if (!verified.history.has(revision)) faults.push(`revision ${revision} has no change`);
  }
  return faults;
}

/** Nothing appears that nobody sent. */
function checkChanges(recent: History, records: Records): string[] {
  const faults: string[] = [];
  for (const [revision, changes] of recent) {
    for (const { key, value } of changes) {
      if (value !== undefined && !records.sentValues.has(value)) {
        faults.push(`revision ${revision}: ${key} got ${value.slice(0, 40)}, which nobody sent`);
      }
    }
    const isTxn = changes.some(({ key }) => key.startsWith("a") || key.startsWith("b"));
    if (isTxn && changes.length !== 2)
      faults.push(`revision ${revision} is half a txn: ${show(changes)}`);
  }
  return faults;
}

function checkAcknowledged(recent: History, records: Records, from: number): string[] {
  const faults: string[] = [];
  for (const [revision, changes] of records.acknowledged) {
    if (revision < from) continue;
    const found = recent.get(revision);
    if (found === undefined || !isSame(found, changes)) {
      faults.push(`revision ${revision}: acknowledged ${show(changes)}, found ${show(found)}`);
    }
  }
  return faults;
}

function checkHeld(held: Held, history: History, records: Records): string[] {
  const expected = new Map<string, { value: string; revision: number }>();
  const faults: string[] = [];
  const revisions = [...history.keys()].sort((a, b) => a - b);
  for (const revision of revisions) {
    for (const { key, value } of history.get(revision) ?? []) {
      if (value === undefined) {
        const mayGo =
          records.acknowledged.has(revision) ||
          records.leasedValues.has(expected.get(key)?.value ?? "") ||
          (records.unansweredDeletes.get(key) ?? 0) > 0;
        if (!mayGo) faults.push(`revision ${revision}: ${key} was deleted by nobody`);
        expected.delete(key);
      } else expected.set(key, { value, revision });
    }
  }
  for (const kv of held.keyValues) {
    const key = Buffer.from(kv.key).toString();
    const want = expected.get(key);
    expected.delete(key);
    if (want === undefined) faults.push(`${key} is there, though its history says deleted`);
    else if (want.value !== Buffer.from(kv.value).toString() || want.revision !== kv.modRevision) {
      faults.push(`${key} is that of revision ${kv.modRevision}, not ${want.revision}`);
    }
  }
  for (const key of expected.keys()) faults.push(`${key} is not there`);
  return faults;
}

async function checkLeases(
  connection: Connection,
  records: Records,
  held: Held,
): Promise<string[]> {
  const { leases } = await connection.call(METHODS.Lease.LeaseLeases, {});
  const present = new Set(leases.map(({ id }) => id));
  const faults: string[] = [];
  for (const id of records.grantedLeases) {
    const mayBeGone = records.revokedLeases.has(id) || records.unansweredRevokes.has(id);
    if (!mayBeGone && !present.has(id)) faults.push(`lease ${id} is not there`);
  }
  for (const id of present) {
    if (records.revokedLeases.has(id)) faults.push(`lease ${id} is back, though revoked`);
    if (!records.grantedLeases.has(id) && !records.unansweredGrants.has(id)) {
      faults.push(`lease ${id} was granted to nobody`);
    }
  }
  for (const { key, lease } of held.keyValues) {
    if (lease !== 0n && !present.has(lease)) {
      faults.push(`${Buffer.from(key).toString()} hangs on lease ${lease}, which is gone`);
    }
  }
  return faults;
}

async function checkHash(
  connection: Connection,
  records: Records,
  verified: Verified,
  current: number,
): Promise<string[]> {
  const before = verified.hash;
  const faults: string[] = [];
  if (before !== undefined && before.compacted === records.compactionSent) {
    const again = await connection.call(METHODS.Maintenance.HashKV, { revision: before.revision });
    if (again.hash !== before.value)
      faults.push(`hash at ${before.revision} was ${before.value}, is ${again.hash}`);
  }
  const now = await connection.call(METHODS.Maintenance.HashKV, { revision: current });
  verified.hash = { revision: current, compacted: records.compactionSent, value: now.hash };
  return faults;
}

function isSame(one: readonly Change[], other: readonly Change[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ key, value }, index) => key === other[index]?.key && value === other[index].value)
  );
}

function show(changes: readonly Change[] | undefined): string {
  if (changes === undefined) return "nothing";
  return changes.map(({ key, value }) => `${key}=${value?.slice(0, 12) ?? "deleted"}`).join(" ");
}
