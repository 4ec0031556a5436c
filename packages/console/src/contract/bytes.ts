/** Text forms of bytes that both parts use: the server for logs and files, the browser for the page. */

/** What `fromBase64` refuses. */
const NOT_BASE64 = /[^A-Za-z0-9+/=_-]/;

/** Bytes of base64 or base64url text. Raises `SyntaxError` when it is neither. */
export function fromBase64(text: string): Uint8Array {
  if (NOT_BASE64.test(text)) throw new SyntaxError("This is no base64");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(binary);
}

/** The form of keys in addresses and JSON: no padding, nothing that a URL must escape. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What must not reach a page as it is: controls, and what changes the direction of text. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\]/g;

function escapeCharacter(character: string): string {
  if (character === "\\") return "\\\\";
  const code = character.charCodeAt(0);
  if (code === 10) return "\\n";
  if (code === 9) return "\\t";
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * A key for people. UTF-8 is shown as text, with controls and marks of direction escaped (`\x00`,
 * `\u202e`); of other bytes all but printable ASCII are `\xff`. `parseKeyText` reads it back.
 */
export function keyText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replace(UNSAFE, escapeCharacter);
  } catch {
    let text = "";
    for (const byte of bytes) {
      text +=
        byte >= 0x20 && byte < 0x7f && byte !== 0x5c
          ? String.fromCharCode(byte)
          : `\\x${byte.toString(16).padStart(2, "0")}`;
    }
    return text;
  }
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(n)|(t)|(\\))/y;

/** The bytes of what `keyText` wrote; a backslash that begins no escape stands for itself. */
export function parseKeyText(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const out: number[] = [];
  let plain = 0;
  const flush = (to: number): void => {
    if (to > plain) out.push(...encoder.encode(text.slice(plain, to)));
  };
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\\") continue;
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(text);
    if (match === null) continue;
    flush(at);
    if (match[1] !== undefined) {
      out.push(Number.parseInt(match[1], 16));
    } else if (match[2] !== undefined) {
      out.push(...encoder.encode(String.fromCharCode(Number.parseInt(match[2], 16))));
    } else {
      out.push(match[3] === undefined ? (match[4] === undefined ? 0x5c : 9) : 10);
    }
    at += match[0].length - 1;
    plain = at + 1;
  }
  flush(text.length);
  return Uint8Array.from(out);
}
