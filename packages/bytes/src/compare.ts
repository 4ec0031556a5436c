/** How many leading bytes are compared in script before the native comparison is cheaper. */
const SCRIPT_LIMIT = 24;

/**
 * Lexicographic order of unsigned bytes; a prefix sorts before what it is a prefix of.
 * Returns a negative number, zero or a positive number.
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = a.length < b.length ? a.length : b.length;
  if (length > SCRIPT_LIMIT) return Buffer.compare(a, b);
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** True when `bytes` begins with `prefix`. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && equalBytes(bytes.subarray(0, prefix.length), prefix);
}

/**
 * The smallest key above every key with this prefix: `[0x61]` gives `[0x62]`, `[0x61, 0xff]` gives
 * `[0x62]`. A prefix of 0xff only (or an empty one) has none: the answer is `[0]`, which etcd reads
 * as "to the end of the key space". The result is owned by the caller.
 */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    if (prefix[i]! < 0xff) {
      // Not slice(): that of a Buffer is a view, and counting up would change the prefix.
      const end = new Uint8Array(prefix.subarray(0, i + 1));
      end[i]!++;
      return end;
    }
  }
  return new Uint8Array(1);
}

/** Joins the chunks into fresh memory, owned by the caller. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}
