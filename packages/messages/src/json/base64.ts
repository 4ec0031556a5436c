/**
 * Bytes of base64 text as Go's decoders of either alphabet take it, with padding or without; line
 * ends are passed over. `undefined` for other text. The result is owned by the caller.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const letters = /[-_]/.test(text) ? /^[A-Za-z0-9_-]*$/ : /^[A-Za-z0-9+/]*$/;
  const digits = text.replace(/[\r\n]+/g, "");
  // Go decides by the length with line ends whether padding is to be there.
  const isPadded = text.length % 4 === 0;
  if (isPadded && digits.length % 4 !== 0) return undefined;
  const body = isPadded ? digits.replace(/={1,2}$/, "") : digits;
  if (body.length % 4 === 1 || !letters.test(body)) return undefined;
  return new Uint8Array(Buffer.from(body, "base64"));
}

/** Base64 with padding, in the standard alphabet. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
