/** Encodes a grpc-message: UTF-8, with all but printable ASCII and `%` itself as `%XX`. */
export function percentEncode(text: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(text)) return text;
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Reads a grpc-message; what is not a proper escape stays as it is. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text, "latin1");
  const decoded = Buffer.alloc(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const escape = text.slice(i + 1, i + 3);
    if (bytes[i] === 0x25 && /^[0-9a-fA-F]{2}$/.test(escape)) {
      decoded[length++] = Number.parseInt(escape, 16);
      i += 2;
    } else decoded[length++] = bytes[i]!;
  }
  return decoded.toString("utf8", 0, length);
}
