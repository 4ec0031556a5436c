import { prefixEnd } from "@nodetcd/bytes";

const ZERO = new Uint8Array(1);

/** Key and end of a range as they are on the wire. */
export interface WireRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

/** What the arguments and the switches `--prefix` and `--from-key` select; an empty key with a switch is every key. */
export function wireRange(
  key: string,
  end: string | undefined,
  { prefix = false, fromKey = false }: { prefix?: boolean; fromKey?: boolean },
): WireRange {
  const bytes = Buffer.from(key);
  if (bytes.length === 0 && (prefix || fromKey)) return { key: ZERO, rangeEnd: ZERO };
  if (prefix) return { key: bytes, rangeEnd: prefixEnd(bytes) };
  if (fromKey) return { key: bytes, rangeEnd: ZERO };
  return { key: bytes, rangeEnd: Buffer.from(end ?? "") };
}
