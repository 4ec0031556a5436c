import { LeaseRecord } from "@nodetcd/messages";

/** Key of a lease in the `lease` bucket: its id as 8 bytes big-endian; owned by the caller. */
export function recordKey(id: bigint): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigInt64(0, id);
  return key;
}

/** The stored form, `leasepb.Lease`; a remaining time of 0 is not written. Owned by the caller. */
export function recordValue(id: bigint, ttl: number, remainingTtl: number): Uint8Array {
  return LeaseRecord.encode({ id, ttl, remainingTtl });
}
