/**
 * Holds a restarted member to what was acknowledged before:
 *
 * 1. what was seen once never changes; every acknowledged write is there, whole, at its revision;
 *    nothing else is, but what was asked for and not answered, each once and whole;
 * 2. what it holds, hashes and says of leases is what its history adds up to;
 * 3. its files are sound, for etcd's way of reading them too.
 */
import { openDatabase } from "@nodetcd/bolt";
import { type KeyValue, METHODS } from "@nodetcd/messages";
import type { FaultDisk } from "@nodetcd/simulator";
import { loadNewestSnapshotFile, readLog, readValidSnapshots, walExists } from "@nodetcd/wal";
import type { Client } from "./client.ts";
import type { Change, History } from "./history.ts";
import { isSame, type Records, show } from "./records.ts";

const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

/** Faults in words. What is found anew is added to the history. */
export async function verify(
  client: Client,
  records: Records,
  history: History,
): Promise<string[]> {
  const { kvs, header } = await client.call(METHODS.KV.Range, ALL);
  const revision = header?.revision ?? 0;
  const { hash, compactRevision } = await client.call(METHODS.Maintenance.HashKV, { revision: 0 });
  const faults = checkCompaction(records, Math.max(0, compactRevision));
  if (revision < Math.max(records.newest, history.revision)) {
    faults.push(`revision ${revision} is behind ${records.newest}, acknowledged`);
    return faults;
  }
  const found = await client.history(Math.max(records.compacted + 1, 2), revision);
  for (let at = Math.max(records.compacted + 1, 2); at <= revision; at++) {
    const changes = found.get(at) ?? [];
    const seen = history.at(at);
    if (seen === undefined) {
      faults.push(...matchNew(records, history, at, changes));
      history.add(changes);
    } else if (!isSame(seen, changes)) {
      faults.push(`revision ${at} was ${show(seen)}, is now ${show(changes)}`);
    }
  }
  records.unanswered.clear();
  records.maybeCompacted.clear();
  faults.push(...checkHeld(kvs, history));
  faults.push(...(await checkLeases(client, records, history)));
  const expected = history.hash(records.compacted);
  if (hash !== expected) faults.push(`the hash at ${revision} is ${hash}, should be ${expected}`);
  return faults;
}

function checkCompaction(records: Records, compacted: number): string[] {
  const { compacted: sure, maybeCompacted } = records;
  if (compacted < sure) return [`it is compacted at ${compacted}, acknowledged was ${sure}`];
  records.compacted = compacted;
  if (compacted === sure || maybeCompacted.delete(compacted)) return [];
  return [`it is compacted at ${compacted}, which nobody asked for`];
}

/** A revision that is seen for the first time: somebody must have asked for it. */
function matchNew(
  records: Records,
  history: History,
  revision: number,
  changes: readonly Change[],
): string[] {
  const acknowledged = records.acknowledged.get(revision);
  if (acknowledged !== undefined) {
    const effect = acknowledged.effect(history);
    if (isSame(effect, changes)) return [];
    return [
      `revision ${revision}: ${acknowledged.what} was acknowledged (${show(effect)}), found ${show(changes)}`,
    ];
  }
  for (const attempt of records.unanswered) {
    if (changes.length === 0 || !isSame(attempt.effect(history), changes)) continue;
    records.unanswered.delete(attempt);
    return [];
  }
  return [`revision ${revision}: ${show(changes)}, which nobody asked for`];
}

function checkHeld(kvs: readonly KeyValue[], history: History): string[] {
  const shown = kvs.map((kv) => {
    const { createRevision, modRevision, version, lease } = kv;
    const [key, value] = [Buffer.from(kv.key).toString(), Buffer.from(kv.value).toString()];
    return [key, value, createRevision, modRevision, version, lease].join(" ");
  });
  const expected = history.keys().map((key) => {
    const held = history.get(key);
    const { createRevision, modRevision, version, lease } = held ?? {};
    return [key, held?.value, createRevision, modRevision, version, lease].join(" ");
  });
  const missing = expected.filter((line) => !shown.includes(line));
  const extra = shown.filter((line) => !expected.includes(line));
  return [
    ...missing.map((line) => `it does not hold ${line.slice(0, 60)}`),
    ...extra.map((line) => `it holds ${line.slice(0, 60)}`),
  ];
}

async function checkLeases(client: Client, records: Records, history: History): Promise<string[]> {
  const { leases } = await client.call(METHODS.Lease.LeaseLeases, {});
  const present = new Set(leases.map(({ id }) => id));
  const faults: string[] = [];
  for (const id of records.granted.keys()) {
    const mayBeGone = records.revoked.has(id) || records.maybeRevoked.has(id);
    if (!mayBeGone && !present.has(id)) faults.push(`lease ${id} is not there`);
    if (!present.has(id)) records.revoked.add(id);
  }
  for (const id of present) {
    if (records.revoked.has(id)) faults.push(`lease ${id} is back, though revoked`);
    const ttl = records.granted.get(id) ?? records.maybeGranted.get(id);
    if (ttl === undefined) faults.push(`lease ${id} was granted to nobody`);
    records.granted.set(id, ttl ?? 0);
    const reply = await client.call(METHODS.Lease.LeaseTimeToLive, { id, keys: true });
    const keys = reply.keys.map((key) => Buffer.from(key).toString()).sort();
    if (reply.grantedTtl !== ttl) faults.push(`lease ${id} has ${reply.grantedTtl} s, not ${ttl}`);
    if (keys.join() !== history.keysOf(id).join()) {
      faults.push(`lease ${id} has ${keys.join()}, should have ${history.keysOf(id).join()}`);
    }
  }
  for (const key of history.keys()) {
    const lease = history.get(key)?.lease ?? 0n;
    if (lease !== 0n && !present.has(lease)) faults.push(`${key} hangs on ${lease}, which is gone`);
  }
  records.maybeGranted.clear();
  records.maybeRevoked.clear();
  for (const id of present) if (records.short.has(id)) records.mayEnd(id);
  return faults;
}

export interface Files {
  readonly database: string;
  readonly snapshots: string;
  readonly wal: string;
}

/** What is wrong with the files as a crash left them. Changes nothing: it reads a copy. */
export async function checkFiles(disk: FaultDisk, files: Files): Promise<string[]> {
  const copy = disk.copy();
  return [...checkDatabase(copy, files.database), ...(await checkSnapshots(copy, files))];
}

function checkDatabase(disk: FaultDisk, path: string): string[] {
  if (!disk.exists(path)) return [];
  const database = openDatabase(disk, path, { noFreelistSync: true });
  try {
    return database.view((tx) => [...tx.check()]).map(({ message }) => `check: ${message}`);
  } finally {
    database.close();
  }
}

/** etcd starts from the newest snapshot file that the log vouches for, and needs the log from there. */
async function checkSnapshots(disk: FaultDisk, { snapshots, wal }: Files): Promise<string[]> {
  if (!walExists(disk, wal)) return [];
  const valid = readValidSnapshots(disk, wal);
  const newest = valid.at(-1);
  if (newest === undefined) return ["the log has no first snapshot record"];
  if (newest.index === 0) return [];
  const file = loadNewestSnapshotFile(disk, snapshots, valid);
  if (file?.metadata?.index !== newest.index) {
    return [`the log has a snapshot at ${newest.index}, the newest file ${file?.metadata?.index}`];
  }
  await readLog(disk, wal, newest);
  return [];
}

/** Keys of the records in the database, in hexadecimal, and how far the log is applied in it. */
export function readDatabase(
  disk: FaultDisk,
  path: string,
): { records: string[]; consistentIndex: number } {
  const database = openDatabase(disk.copy(), path, { noFreelistSync: true });
  try {
    return database.view((tx) => {
      const records: string[] = [];
      const cursor = tx.bucket(Buffer.from("key"))?.cursor();
      for (let at = cursor?.first(); at !== undefined; at = cursor?.next()) {
        records.push(Buffer.from(at.key).toString("hex"));
      }
      const index = tx.bucket(Buffer.from("meta"))?.get(Buffer.from("consistent_index"));
      const consistentIndex =
        index === undefined ? 0 : Number(Buffer.from(index).readBigUInt64BE());
      return { records, consistentIndex };
    });
  } finally {
    database.close();
  }
}
