import { compareBytes } from "@nodetcd/bytes";

/**
 * Changes to one bucket that are not in the file yet, sorted by key; a value of undefined is a
 * deletion. Two plain arrays: etcd's `key` bucket only ever grows at its end, so that nearly every
 * change is a push; any other order costs a binary search and a move within the array.
 *
 * Keys and values are borrowed and must not change until the batch is committed.
 */
export class PendingBucket {
  readonly keys: Uint8Array[] = [];
  readonly values: (Uint8Array | undefined)[] = [];

  get size(): number {
    return this.keys.length;
  }

  /** Sets the key to a value, or to undefined for "deleted". True when the key is new here. */
  set(key: Uint8Array, value: Uint8Array | undefined): boolean {
    const { keys, values } = this;
    const last = keys.at(-1);
    if (last === undefined || compareBytes(key, last) > 0) {
      keys.push(key);
      values.push(value);
      return true;
    }
    const at = this.lowerBound(key);
    const found = keys[at];
    if (found !== undefined && compareBytes(found, key) === 0) {
      values[at] = value;
      return false;
    }
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
    return true;
  }

  /** Index of the first key that is not below `key`; `size` when there is none. */
  lowerBound(key: Uint8Array): number {
    const { keys } = this;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the key, or -1 when this bucket says nothing about it. */
  indexOf(key: Uint8Array): number {
    const at = this.lowerBound(key);
    const found = this.keys[at];
    return found !== undefined && compareBytes(found, key) === 0 ? at : -1;
  }
}
