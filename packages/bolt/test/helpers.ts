import { BoltError, type BoltErrorCode } from "@nodetcd/bolt";

/** Bytes of a text, one a character. */
export function b(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
}

/** Code of the BoltError that `work` raises; undefined when it raises none. */
export function codeOf(work: () => unknown): BoltErrorCode | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof BoltError) return error.code;
    throw error;
  }
  return undefined;
}
