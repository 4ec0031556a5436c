import { isUint8Array, refuse } from "./check.ts";

/** A key or value: text is sent as UTF-8; bytes are sent as they are and borrowed for the call. */
export type BytesLike = string | Uint8Array;

const EXPECTED = "a text or a Uint8Array (JSON.stringify() makes a text of anything else)";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Checks what came: `name` is the argument's, for the message. */
export function toBytes(value: BytesLike, name: string): Uint8Array {
  if (typeof value === "string") return encoder.encode(value);
  if (!isUint8Array(value)) refuse(name, EXPECTED, value);
  return value;
}

/** Bytes as UTF-8 text; what is not valid UTF-8 becomes U+FFFD. */
export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A copy, owned by the caller. (`slice` of a `Buffer` would be a view.) */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
