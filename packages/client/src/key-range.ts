import { prefixEnd } from "@nodetcd/bytes";
import { type BytesLike, toBytes } from "./bytes-like.ts";
import { isBoolean, isBytesLike, type OptionChecks } from "./check.ts";
import { EtcdError } from "./errors.ts";

/** Which keys, beginning at the given key. At most one of the three; none: the one key. */
export interface KeySelection {
  /** All keys that begin with the given key; the empty key selects all keys. */
  prefix?: boolean;
  /** All keys at and after the given key, in byte order. */
  fromKey?: boolean;
  /** All keys from the given key up to this one, which is excluded. */
  end?: BytesLike;
}

export const KEY_SELECTION: OptionChecks<KeySelection> = {
  prefix: isBoolean,
  fromKey: isBoolean,
  end: isBytesLike,
};

const ZERO = new Uint8Array(1);
const NO_END = new Uint8Array(0);

/**
 * A selection in etcd's terms: `rangeEnd` empty is the one key, `[0]` is "to the end of all keys";
 * an empty first key (only with a selection) becomes `[0]`. Results are owned or constants.
 */
export function keyRange(
  key: BytesLike,
  selection: KeySelection,
): { key: Uint8Array; rangeEnd: Uint8Array } {
  const { prefix = false, fromKey = false, end } = selection;
  if (Number(prefix) + Number(fromKey) + Number(end !== undefined) > 1) {
    throw new EtcdError("BAD_ARGUMENT", "Give one of prefix, fromKey and end, not several", {
      argument: "prefix",
    });
  }
  const first = toBytes(key, "key");
  const from = first.length === 0 && (prefix || fromKey) ? ZERO : first;
  if (prefix) return { key: from, rangeEnd: first.length === 0 ? ZERO : prefixEnd(first) };
  if (fromKey) return { key: from, rangeEnd: ZERO };
  return { key: first, rangeEnd: end === undefined ? NO_END : toBytes(end, "end") };
}
