import { isUtf8 } from "node:buffer";

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
const ESCAPES = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** True for UTF-8 of letters, marks, numbers, punctuation, symbols and spaces only. */
export function isPrintable(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && PRINTABLE.test(Buffer.from(bytes).toString());
}

/** In double quotes with escapes, as Go's `%q`: `"a\n\x00\u200b"`. Bytes that are no UTF-8 as \x. */
export function quote(bytes: Uint8Array): string {
  return `"${mapText(bytes, escapeCharacter, escapeByte)}"`;
}

/** UTF-8, with one U+FFFD for every byte that is none, as Go decodes it. */
export function decodeText(bytes: Uint8Array): string {
  return mapText(
    bytes,
    (character) => character,
    () => "\ufffd",
  );
}

function mapText(
  bytes: Uint8Array,
  onCharacter: (character: string) => string,
  onOther: (byte: number) => string,
): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const size = characterSize(bytes, at);
    text +=
      size === 0
        ? onOther(bytes[at]!)
        : onCharacter(Buffer.from(bytes.subarray(at, at + size)).toString());
    at += Math.max(1, size);
  }
  return text;
}

/** Bytes of the UTF-8 character that begins at `at`; 0 when none does. */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const isWhole = at + size <= bytes.length && isUtf8(bytes.subarray(at, at + size));
  return isWhole ? size : 0;
}

function escapeCharacter(character: string): string {
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return escapeByte(code);
  if (code < 0x1_0000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
