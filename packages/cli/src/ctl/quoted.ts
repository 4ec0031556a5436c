const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
};
const ESCAPE =
  /\\(?:([abfnrtv\\'"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** A literal of Go at the start of a text: `"a\x00"` or a raw one in backquotes. */
const LITERAL = /^\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)/;

/** Takes a Go string literal off the start of `text`; undefined without one. The value is owned bytes. */
export function takeQuoted(text: string): { value: Uint8Array; rest: string } | undefined {
  const literal = LITERAL.exec(text);
  if (literal === null) return undefined;
  const value = unquote(literal[1]!);
  return value === undefined ? undefined : { value, rest: text.slice(literal[0].length) };
}

function unquote(literal: string): Uint8Array | undefined {
  const body = literal.slice(1, -1);
  if (literal.startsWith("`")) return Buffer.from(body);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf("\\", at);
    if (end !== at) {
      parts.push(Buffer.from(body.slice(at, end < 0 ? undefined : end)));
      if (end < 0) break;
      at = end;
    }
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(body);
    if (match === null) return undefined;
    const [whole, letter, octal, byte, short, long] = match;
    at += whole.length;
    if (letter !== undefined) parts.push(Buffer.of(ESCAPES[letter]!));
    else if (octal !== undefined || byte !== undefined) {
      const value = octal === undefined ? parseInt(byte!, 16) : parseInt(octal, 8);
      if (value > 255) return undefined;
      parts.push(Buffer.of(value));
    } else parts.push(Buffer.from(String.fromCodePoint(parseInt(short ?? long!, 16))));
  }
  return Buffer.concat(parts);
}

const WORD = /"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g;

/**
 * Splits a line into words as etcdctl's interactive modes do: in double quotes with escapes, in single quotes as it is, or up to
 * the next space. Undefined when quotes hold an escape that there is not.
 */
export function splitLine(line: string): string[] | undefined {
  const words: string[] = [];
  for (const [word] of line.matchAll(WORD)) {
    if (word.startsWith("'")) words.push(word.slice(1, -1));
    else if (word.startsWith('"')) {
      const taken = takeQuoted(word);
      if (taken === undefined) return undefined;
      words.push(Buffer.from(taken.value).toString());
    } else words.push(word);
  }
  return words;
}
