import { keyValueSize, writeKeyValue } from "./encode.ts";
import { addRevision } from "./key-index.ts";
import { revisionKey } from "./revision.ts";
import type { StoreState } from "./store-state.ts";
import { StoredKeyValue } from "./stored-key-value.ts";
import { takeView } from "./value-cache.ts";

/** A put as the watchers of its revision will see it. */
export interface PutChange {
  readonly key: string;
  readonly keyValue: StoredKeyValue;
}

/**
 * Writes one revision of a key: encodes it once, indexes it, hands the same bytes to the backend
 * and moves the key's lease.
 *
 * @param key borrowed for the call, as is `value`
 * @param lease 0n for none; must exist
 */
export function put(
  state: StoreState,
  key: Uint8Array,
  value: Uint8Array,
  lease: bigint,
  main: number,
  sub: number,
): PutChange {
  const entry = state.index.getOrAdd(key);
  const existed = entry.main !== 0 && entry.alive;
  const createRevision = existed ? entry.createRevision : main;
  const version = existed ? entry.version + 1 : 1;
  const oldLease = existed && entry.lease !== 0n ? state.lessor.leaseOf(key) : 0n;

  const size = keyValueSize(key, createRevision, main, version, value, lease);
  const slab = state.values.reserve(size);
  writeKeyValue(slab.memory, slab.used, key, createRevision, main, version, value, lease);
  const bytes = takeView(slab, size);
  state.backend.put("key", revisionKey(main, sub), bytes);

  addRevision(entry, main, sub);
  entry.createRevision = createRevision;
  entry.version = version;
  entry.lease = lease;
  state.index.touch(entry, existed);
  const keyValue = new StoredKeyValue(bytes, createRevision, main, version, lease);
  state.values.keep(entry, keyValue, slab);

  if (oldLease !== lease) {
    if (oldLease !== 0n) state.lessor.detach(oldLease, key);
    if (lease !== 0n) state.lessor.attach(lease, key);
  }
  state.stats.puts++;
  state.stats.putBytes += key.length + value.length;
  return { key: entry.key, keyValue };
}
