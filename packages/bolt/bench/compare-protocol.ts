import * as readline from "node:readline";

/** The keys of etcd's `key` bucket: a revision, big-endian, `_`, and a sub-revision. */
export const KEY_SIZE = 17;
/** Puts in one transaction. */
export const BATCH = 1000;

/** @param key is written to and returned */
export function revisionKey(revision: number, key: Buffer): Buffer {
  key.writeUInt32BE(Math.floor(revision / 2 ** 32), 0);
  key.writeUInt32BE(revision >>> 0, 4);
  key[8] = 0x5f;
  return key;
}

/** Bytes 0, 1, 2, ... */
export function valueOf(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => i & 0xff));
}

/** The same random numbers in every language: x = x * 1664525 + 1013904223 modulo 2^32. */
export function nextRandom(x: number): number {
  return (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
}

/** Seconds that the work took, and the sum that shows that it was done. */
export interface Outcome {
  readonly seconds: number;
  readonly sum: number;
}

/**
 * What is compared. A contestant is a program that is given the path of its database (nothing is
 * there yet), reads one command a line, and answers each with a line of seconds and sum:
 *
 * - `write FIRST COUNT SIZE`: puts revisions FIRST up to FIRST + COUNT - 1 with values of SIZE bytes,
 *   1,000 a transaction, each transaction synced; pages filled to 90 %. Sum: COUNT
 * - `get COUNT TOTAL`: reads COUNT random keys, revision (x >> 8) % TOTAL for random numbers x from
 *   seed 1. Sum: lengths of the values, and each value's byte 1
 * - `scan-sizes`: a cursor over everything. Sum: lengths of keys and values
 * - `scan-bytes`: the same, plus byte 7 of each key and byte 1 of each value
 * - `scan-views`: the same as `scan-bytes`, with a view made of each key and value. Where every scan
 *   makes them it is `scan-bytes` again
 *
 * Sums are equal for all contestants. It ends with its input.
 */
export interface Contestant {
  write(first: number, count: number, size: number): number | Promise<number>;
  get(count: number, total: number): number;
  scanSizes(): number;
  scanBytes(): number;
  scanViews?(): number;
  close(): void | Promise<void>;
}

/** Answers commands on standard input until it ends. */
export async function compete(contestant: Contestant): Promise<void> {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, ...rest] = line.split(" ");
    const [a = 0, b = 0, c = 0] = rest.map(Number);
    const began = performance.now();
    const sum = await run(contestant, command!, a, b, c);
    console.log(`${((performance.now() - began) / 1000).toFixed(6)} ${sum}`);
  }
  await contestant.close();
}

function run(
  contestant: Contestant,
  command: string,
  a: number,
  b: number,
  c: number,
): number | Promise<number> {
  switch (command) {
    case "write":
      return contestant.write(a, b, c);
    case "get":
      return contestant.get(a, b);
    case "scan-sizes":
      return contestant.scanSizes();
    case "scan-bytes":
      return contestant.scanBytes();
    case "scan-views":
      return contestant.scanViews?.() ?? contestant.scanBytes();
    default:
      throw new Error(`unknown command ${command}`);
  }
}
