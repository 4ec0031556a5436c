import { VirtualClock } from "@nodetcd/simulator";
import { noLeases, openStore, type Store, type StoreOptions } from "../../src/mvcc.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { settle } from "./settle.ts";

export interface Opened {
  readonly clock: VirtualClock;
  readonly backend: MemoryBackend;
  readonly store: Store;
}

/** A store on a virtual clock. */
export async function open(
  backend: MemoryBackend = new MemoryBackend(),
  options: Partial<StoreOptions> = {},
): Promise<Opened> {
  const clock = new VirtualClock();
  const store = await settle(clock, openStore(backend, { clock, lessor: noLeases, ...options }));
  return { clock, backend, store };
}

export const bytes = (text: string): Uint8Array => Buffer.from(text);

/** One put in a transaction of its own; returns its revision. */
export function put(store: Store, key: string, value = "v", lease = 0n): number {
  const txn = store.beginWrite();
  const revision = txn.put(bytes(key), bytes(value), lease);
  txn.end();
  return revision;
}

/** One DeleteRange in a transaction of its own; returns how many keys there were. */
export function remove(store: Store, key: string, end?: string): number {
  const txn = store.beginWrite();
  const deleted = txn.deleteRange(bytes(key), end === undefined ? undefined : bytes(end));
  txn.end();
  return deleted;
}
