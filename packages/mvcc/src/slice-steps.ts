import { SLICE_RECORD_BYTES } from "./limits.ts";

/** What reading a record costs, in steps of a slice: one for itself, and one for so many bytes. */
export function recordSteps(value: Uint8Array): number {
  return 1 + Math.floor(value.length / SLICE_RECORD_BYTES);
}
