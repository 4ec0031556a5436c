const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Digits of the largest integer of 64 bits. */
const MAX_DIGITS = 20;

/**
 * The integer that a JSON number says, exactly: `1.5e1` is 15, `9007199254740993` stays itself.
 * `undefined` for other text, for what is no integer, and for what is far beyond 64 bits.
 */
export function integerOf(text: string): bigint | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  const exponent = Number(power) - fraction.length;
  if (digits.length + exponent > MAX_DIGITS) return undefined;
  const kept = exponent < 0 ? digits.slice(0, exponent) : digits + "0".repeat(exponent);
  if (kept === "" || /[1-9]/.test(digits.slice(kept.length))) return undefined;
  return BigInt(sign + kept);
}

type IntegerType = "int32" | "int64" | "uint32" | "uint64";

const BOUNDS: Readonly<Record<IntegerType, readonly [min: bigint, max: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** As `integerOf`, within the range of a type. */
export function integerWithin(text: string, type: IntegerType): bigint | undefined {
  const value = integerOf(text);
  const [min, max] = BOUNDS[type];
  return value === undefined || value < min || value > max ? undefined : value;
}
