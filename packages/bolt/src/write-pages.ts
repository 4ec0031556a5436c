import type { DiskFile } from "@nodetcd/runtime";
import { WRITE_RUN_BYTES } from "./limits.ts";
import type { Page } from "./page.ts";
import type { TransactionState } from "./transaction-state.ts";

/** Writes that are under way at a time; more than the threads that serve them would only wait. */
const WRITES_IN_FLIGHT = 4;

/** Pages that lie one behind the other in the file. */
interface Run {
  readonly position: number;
  readonly pages: Page[];
  bytes: number;
}

export function writePages(file: DiskFile, state: TransactionState): void {
  for (const run of runsOf(state)) {
    file.write(run.pages.length === 1 ? run.pages[0]!.bytes : joined(run), run.position);
  }
}

export async function writePagesAsync(file: DiskFile, state: TransactionState): Promise<void> {
  const runs = runsOf(state);
  for (let first = 0; first < runs.length; first += WRITES_IN_FLIGHT) {
    const writes = runs.slice(first, first + WRITES_IN_FLIGHT).map((run) =>
      file.writeAsync(
        run.pages.map((page) => page.bytes),
        run.position,
      ),
    );
    // All have to end, also when one fails: a late write must not meet a page allocated anew.
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}

function runsOf(state: TransactionState): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  let nextPosition = -1;
  for (const page of state.dirty.sort((a, b) => a.id - b.id)) {
    const position = page.id * state.pageSize;
    const fits = last !== undefined && last.bytes + page.bytes.length <= WRITE_RUN_BYTES;
    if (last === undefined || position !== nextPosition || !fits) {
      last = { position, pages: [], bytes: 0 };
      runs.push(last);
    }
    last.pages.push(page);
    last.bytes += page.bytes.length;
    nextPosition = position + page.bytes.length;
  }
  state.stats.writes += runs.length;
  return runs;
}

/** One copy is cheaper than a system call for each page. Used within one synchronous call only. */
let scratch: Uint8Array | undefined;

function joined(run: Run): Uint8Array {
  scratch ??= new Uint8Array(WRITE_RUN_BYTES);
  let at = 0;
  for (const page of run.pages) {
    scratch.set(page.bytes, at);
    at += page.bytes.length;
  }
  return scratch.subarray(0, at);
}
