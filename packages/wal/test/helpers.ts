import { type Entry, EntryType, type HardState, type WalSnapshot } from "@nodetcd/messages";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import type { Disk } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";
import type { Wal, WalRuntime } from "../src/wal.ts";

export const FROM_START: WalSnapshot = { index: 0, term: 0, confState: undefined };
export const METADATA: Uint8Array = Buffer.from("member 1 of cluster 2");

/** A runtime on a disk in memory that can fail. */
export function inMemory(disk: FaultDisk = new FaultDisk()): WalRuntime & { disk: FaultDisk } {
  disk.makeDirectory("/data");
  return { clock: nodeClock, disk };
}

export function entry(index: number, term = 1, data: Uint8Array = Buffer.from(`e${index}`)): Entry {
  return { type: EntryType.EntryNormal, term, index, data };
}

export function entries(from: number, to: number, term = 1): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, term));
}

export function state(term: number, commit: number, vote = 7n): HardState {
  return { term, vote, commit };
}

/** What tests compare: views of different memory are equal by content. */
export function plain(list: readonly Entry[]): unknown[] {
  return list.map((e) => ({ ...e, data: Buffer.from(e.data).toString("hex") }));
}

export async function appendAll(wal: Wal, list: readonly Entry[]): Promise<void> {
  for (const item of list) await wal.append(undefined, [item]);
}

export function overwrite(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, "create");
  file.truncate(0);
  file.write(bytes, 0);
  file.sync();
  file.close();
}

/** The seed of a test run: `SEED`, or a new one that is printed. */
export function seedOf(name: string): number {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${name}: SEED=${seed}`);
  return seed;
}

export function randomEntry(random: SeededRandom, index: number, term: number): Entry {
  const size = random.chance(0.1) ? random.below(5000) : random.below(300);
  return entry(index, term, random.chance(0.2) ? new Uint8Array(size) : random.bytes(size));
}
