import {
  type Client,
  EtcdError,
  type KeySelection,
  type RangeOptions,
  type RangeResult,
} from "@nodetcd/client";

/**
 * Reads at a revision that another member may have told: from any member as it is, and where that one has not come so far
 * yet, once more as a read that waits for it. Members are asked in turn, so that is common while a disk is slow.
 */
export async function rangeAt(
  client: Client,
  key: Uint8Array,
  options: RangeOptions & KeySelection,
): Promise<RangeResult> {
  try {
    return await client.range(key, { ...options, serializable: true });
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== "FUTURE_REVISION") throw error;
    return await client.range(key, options);
  }
}
