import { DiskError, type DiskFile } from "@nodetcd/runtime";
import { WRITE_RUN_BYTES } from "./limits.ts";
import type { TransactionState } from "./transaction-state.ts";

/** Writes that are under way at a time; more than the threads that serve them would only wait. */
const WRITES_IN_FLIGHT = 4;

/** Pages that lie one after the other in the file, in as few pieces of memory as they have. */
interface Run {
  readonly position: number;
  readonly chunks: Uint8Array[];
  bytes: number;
}

export function writePages(file: DiskFile, state: TransactionState): void {
  for (const run of runsOf(state)) {
    file.write(run.chunks.length === 1 ? run.chunks[0]! : joined(run), run.position);
  }
}

/**
 * Writes and, with `sync`, syncs the pages, off the loop. Few runs are written synced, all at once: that
 * is one trip to the disk; of many, one sync follows. Raises `PagesNotSynced` when what is on disk is not known.
 */
export async function savePages(
  file: DiskFile,
  state: TransactionState,
  sync: boolean,
): Promise<void> {
  const runs = runsOf(state);
  if (!sync || runs.length > WRITES_IN_FLIGHT) {
    for (let first = 0; first < runs.length; first += WRITES_IN_FLIGHT) {
      const some = runs.slice(first, first + WRITES_IN_FLIGHT);
      await allOf(some.map(({ chunks, position }) => file.writeAsync(chunks, position)));
    }
    if (sync) await file.syncAsync().catch(raiseNotSynced);
  } else {
    const writes = runs.map(({ chunks, position }) => file.writeSynced(chunks, position));
    await allOf(writes).catch((error: unknown) => {
      // Where there was no room nothing was lost that had been there.
      if (error instanceof DiskError && error.code === "NO_SPACE") throw error;
      raiseNotSynced(error);
    });
  }
}

/** All have to end, also when one fails: a late write must not meet a page allocated anew. */
async function allOf(writes: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(writes)) {
    if (result.status === "rejected") throw result.reason;
  }
}

/** The kernel may have dropped what it could not write, and will say yes the next time. */
export class PagesNotSynced extends Error {}

function raiseNotSynced(error: unknown): never {
  throw new PagesNotSynced("pages were not synced", { cause: error });
}

function runsOf(state: TransactionState): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  let nextPosition = -1;
  for (const { id, bytes } of state.dirty.sort((a, b) => a.id - b.id)) {
    const position = id * state.pageSize;
    const fits = last !== undefined && last.bytes + bytes.length <= WRITE_RUN_BYTES;
    if (last === undefined || position !== nextPosition || !fits) {
      last = { position, chunks: [], bytes: 0 };
      runs.push(last);
    }
    append(last, bytes);
    nextPosition = position + bytes.length;
  }
  state.stats.writes += runs.length;
  return runs;
}

/** Memory that continues the last chunk makes it longer. */
function append(run: Run, bytes: Uint8Array): void {
  const last = run.chunks.at(-1);
  run.bytes += bytes.length;
  if (last?.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
    const length = last.length + bytes.length;
    run.chunks[run.chunks.length - 1] = new Uint8Array(last.buffer, last.byteOffset, length);
  } else run.chunks.push(bytes);
}

/** One copy is cheaper than a system call for each page. Used within one synchronous call only. */
let scratch: Uint8Array | undefined;

function joined(run: Run): Uint8Array {
  scratch ??= new Uint8Array(WRITE_RUN_BYTES);
  let at = 0;
  for (const chunk of run.chunks) {
    scratch.set(chunk, at);
    at += chunk.length;
  }
  return scratch.subarray(0, at);
}
