/** Size of one page of output, in bytes. */
const PAGE_BYTES = 64 * 1024;
/** A page with less room than this is not used again. */
const ROOM_MIN = 4 * 1024;
/**
 * Pages kept for later turns, 8 MiB at most: every connection that answers in a turn of the loop holds
 * one until its end. More connections than that get fresh memory, for the collector to take.
 */
const POOLED_MAX = 128;

/** Memory that is written once, front to back. What was handed out of it never changes. */
export interface Page {
  readonly bytes: Uint8Array;
  /** Where the unused rest begins. */
  used: number;
}

const pool: Page[] = [];

/** A page with at least `room` bytes unused; until it is given back nobody else has it. */
export function takePage(room: number): Page {
  const page = pool.pop();
  if (page !== undefined && PAGE_BYTES - page.used >= room) return page;
  return { bytes: Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, room)), used: 0 };
}

export function giveBackPage(page: Page): void {
  if (page.bytes.length === PAGE_BYTES && PAGE_BYTES - page.used >= ROOM_MIN) {
    if (pool.length < POOLED_MAX) pool.push(page);
  }
}
