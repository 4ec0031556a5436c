import type { Client, KeyValue } from "@nodetcd/client";
import { toBase64, toBase64Url } from "../contract/bytes.ts";
import type { KeyMissing, KeyValueView } from "../contract/keys.ts";
import { VALUE_BYTES } from "../limits.ts";
import { keyMeta } from "./search.ts";

export function valueView(keyValue: KeyValue, revision: number): KeyValueView {
  const { value } = keyValue;
  return {
    ...keyMeta(keyValue),
    value: toBase64(value.subarray(0, VALUE_BYTES)),
    truncated: value.length > VALUE_BYTES,
    revision,
  };
}

export function missing(key: Uint8Array, revision: number): KeyMissing {
  return { id: toBase64Url(key), missing: true, revision };
}

/** A key at a revision; 0 is the newest. */
export async function readValue(
  client: Client,
  key: Uint8Array,
  revision: number,
): Promise<KeyValueView | KeyMissing> {
  const result = await client.range(key, { revision });
  const [found] = result.keyValues;
  return found === undefined ? missing(key, result.revision) : valueView(found, result.revision);
}
