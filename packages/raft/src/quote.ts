const utf8 = new TextDecoder("utf-8", { fatal: true });

const SHORT: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/**
 * Bytes as a double-quoted text in which nothing is lost: printable UTF-8 as it is, the rest as
 * escapes. `[0x61, 0x0a, 0xff]` gives `"a\n\xff"`.
 */
export function quoteBytes(bytes: Uint8Array): string {
  let text = '"';
  for (let i = 0; i < bytes.length;) {
    const byte = bytes[i]!;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    const character = byte < 0x80 ? undefined : decode(bytes.subarray(i, i + length));
    if (character !== undefined) text += character;
    else if (SHORT[byte] !== undefined) text += SHORT[byte];
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
    i += character === undefined ? 1 : length;
  }
  return `${text}"`;
}

/** The one printable character that the bytes are, `undefined` when they are something else. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    const character = utf8.decode(bytes);
    return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character) ? character : undefined;
  } catch {
    return undefined;
  }
}
