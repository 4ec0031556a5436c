import type { TimeSlice } from "./fair-queue.ts";

const BLOCK_BYTES: number = 1024 * 1024;
const TWO_32 = 2 ** 32;
/** Rows sorted at one go, and merged between two looks at the clock. */
const RUN_ROWS = 256;
const MERGE_ROWS = 2048;

/** Never 0 for different rows. */
export type CompareRows = (a: number, b: number) => number;

/**
 * Byte strings by the order of their adding, and their order by something else. All lies in few large
 * pieces of memory: a million objects would be a million things for the garbage collector to look at.
 */
export class SortBuffer {
  readonly #blocks: Buffer[] = [];
  #used = BLOCK_BYTES;
  /** Block times 2^32 and offset in it. */
  readonly #places: Float64Array;
  readonly #lengths: Uint32Array;
  /** What a row is ordered by: a number, or a part of its bytes from `#from` to `#to`. */
  readonly #weights: Float64Array;
  readonly #from: Uint32Array;
  readonly #to: Uint32Array;
  #count = 0;

  /** @param capacity how many there will be at most */
  constructor(capacity: number) {
    this.#places = new Float64Array(capacity);
    this.#lengths = new Uint32Array(capacity);
    this.#weights = new Float64Array(capacity);
    this.#from = new Uint32Array(capacity);
    this.#to = new Uint32Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  /** Copies the bytes; the row is ordered by `weight`. */
  addWeighed(bytes: Uint8Array, weight: number): void {
    this.#weights[this.#count] = weight;
    this.#add(bytes);
  }

  /** Copies the bytes; the row is ordered by `part`, a view of them. */
  addWithPart(bytes: Uint8Array, part: Uint8Array): void {
    const from = part.byteOffset - bytes.byteOffset;
    this.#from[this.#count] = from;
    this.#to[this.#count] = from + part.length;
    this.#add(bytes);
  }

  #add(bytes: Uint8Array): void {
    if (this.#used + bytes.length > BLOCK_BYTES) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes.length)));
      this.#used = 0;
    }
    const block = this.#blocks.length - 1;
    this.#blocks[block]!.set(bytes, this.#used);
    this.#places[this.#count] = block * TWO_32 + this.#used;
    this.#lengths[this.#count] = bytes.length;
    this.#used += bytes.length;
    this.#count++;
  }

  /** A view of the bytes that were added as number `row`. */
  bytes(row: number): Uint8Array {
    const place = this.#places[row]!;
    const offset = place % TWO_32;
    return this.#blocks[(place - offset) / TWO_32]!.subarray(offset, offset + this.#lengths[row]!);
  }

  /** By weight; rows of the same weight as they were added. */
  byWeight(descending: boolean): CompareRows {
    const weights = this.#weights;
    const sign = descending ? -1 : 1;
    return (a, b) => sign * (weights[a]! - weights[b]!) || a - b;
  }

  /** By part; rows with the same part as they were added. */
  byPart(descending: boolean): CompareRows {
    const sign = descending ? -1 : 1;
    return (a, b) => sign * this.#compareParts(a, b) || a - b;
  }

  #compareParts(a: number, b: number): number {
    const placeA = this.#places[a]!;
    const placeB = this.#places[b]!;
    const offsetA = placeA % TWO_32;
    const offsetB = placeB % TWO_32;
    return this.#blocks[(placeA - offsetA) / TWO_32]!.compare(
      this.#blocks[(placeB - offsetB) / TWO_32]!,
      offsetB + this.#from[b]!,
      offsetB + this.#to[b]!,
      offsetA + this.#from[a]!,
      offsetA + this.#to[a]!,
    );
  }

  /** Row numbers, the one added last first. */
  backwards(): Uint32Array {
    const rows = new Uint32Array(this.#count);
    for (let i = 0; i < rows.length; i++) rows[i] = rows.length - 1 - i;
    return rows;
  }

  /** Row numbers in order: a merge sort that yields where the slice is over. */
  *sort(compare: CompareRows, slice: TimeSlice): Generator<void, Uint32Array> {
    const steps = sortSteps(this.#count, compare);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (slice.over) yield;
    }
  }
}

/** Yields undefined some tenths of a millisecond apart, and the sorted rows in the end. */
function* sortSteps(count: number, compare: CompareRows): Generator<undefined, Uint32Array> {
  let from = new Uint32Array(count);
  let into = new Uint32Array(count);
  for (let start = 0; start < count; start += RUN_ROWS) {
    const end = Math.min(start + RUN_ROWS, count);
    for (let row = start; row < end; row++) from[row] = row;
    from.subarray(start, end).sort(compare);
    yield;
  }
  for (let width = RUN_ROWS; width < count; width *= 2) {
    yield* mergeRuns(from, into, width, compare);
    [from, into] = [into, from];
  }
  return from;
}

/** Merges each two neighbouring runs of `width` rows into one. */
function* mergeRuns(
  from: Uint32Array,
  into: Uint32Array,
  width: number,
  compare: CompareRows,
): Generator<undefined> {
  const { length } = from;
  for (let start = 0; start < length; start += 2 * width) {
    const middle = Math.min(start + width, length);
    const end = Math.min(start + 2 * width, length);
    let left = start;
    let right = middle;
    for (let at = start; at < end; at++) {
      const takesLeft = right >= end || (left < middle && compare(from[left]!, from[right]!) < 0);
      into[at] = takesLeft ? from[left++]! : from[right++]!;
      if (at % MERGE_ROWS === 0) yield;
    }
  }
}
