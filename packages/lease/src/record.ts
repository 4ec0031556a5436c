import { WireError } from "@nodetcd/bytes";
import { LeaseRecord } from "@nodetcd/messages";
import { LeaseError } from "./errors.ts";

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

/** Reads what is stored under a key of the `lease` bucket. Raises `CORRUPT_RECORD`. */
export function readRecord(key: Uint8Array, value: Uint8Array): LeaseRecord {
  try {
    return LeaseRecord.decode(value);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const hex = Buffer.from(key).toString("hex");
    throw new LeaseError(
      "CORRUPT_RECORD",
      `Key ${hex} of the "lease" bucket: its value is no lease: ${error.message}`,
      { cause: error },
    );
  }
}
