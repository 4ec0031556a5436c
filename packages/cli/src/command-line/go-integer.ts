const PREFIXES: Readonly<Record<string, number>> = { "0x": 16, "0b": 2, "0o": 8 };
const DIGITS: Readonly<Record<number, RegExp>> = {
  2: /^[01]+$/,
  8: /^[0-7]+$/,
  10: /^[0-9]+$/,
  16: /^[0-9a-f]+$/,
};
const LITERALS: Readonly<Record<number, string>> = { 2: "0b", 8: "0o", 10: "", 16: "0x" };

/**
 * strconv.ParseInt and ParseUint for 64 bits, in base 10 or 16; base 0 reads `0x`, `0b`, `0o` and `0` in front. Raises an
 * Error in Go's words.
 */
export function parseGoInteger(
  text: string,
  base: 0 | 10 | 16,
  kind: "signed" | "unsigned" = "signed",
): bigint {
  const name = kind === "signed" ? "ParseInt" : "ParseUint";
  const fail = (why: string): Error =>
    new Error(`strconv.${name}: parsing ${JSON.stringify(text)}: ${why}`);
  const sign = kind === "signed" ? (/^[-+]/.exec(text)?.[0] ?? "") : "";
  const body = text.slice(sign.length).toLowerCase();
  const { digits, radix } = base === 0 ? withPrefix(body) : { digits: body, radix: base };
  if (DIGITS[radix]?.test(digits) !== true) throw fail("invalid syntax");
  const magnitude = BigInt(LITERALS[radix]! + digits);
  const value = sign === "-" ? -magnitude : magnitude;
  const fits =
    kind === "signed" ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  if (!fits) throw fail("value out of range");
  return value;
}

function withPrefix(body: string): { digits: string; radix: number } {
  const radix = PREFIXES[body.slice(0, 2)];
  const plain = (digits: string): string =>
    /^_|__|_$/.test(digits) ? digits : digits.replaceAll("_", "");
  if (radix !== undefined) return { digits: plain(body.slice(2).replace(/^_/, "")), radix };
  if (/^0./.test(body)) return { digits: plain(body.slice(1).replace(/^_/, "")), radix: 8 };
  return { digits: plain(body), radix: 10 };
}
