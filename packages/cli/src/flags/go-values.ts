import { parseGoDuration } from "@nodetcd/runtime";
import { FlagValueError } from "./value-error.ts";

/** Inclusive. */
export interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

/** Bounds of Go's number types. */
export const UINT32: Bounds = { min: 0n, max: 2n ** 32n - 1n };
export const UINT64: Bounds = { min: 0n, max: 2n ** 64n - 1n };
export const INT64: Bounds = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

/** strconv.ParseBool. */
export function parseBoolean(text: string): boolean {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new FlagValueError("expected true or false");
}

/** `_` may stand between digits, and between the base prefix and the first digit. */
const LITERAL =
  /^([+-]?)(?:(0[xX])_?([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|(0[bB])_?([01]+(?:_[01]+)*)|(0[oO])_?([0-7]+(?:_[0-7]+)*)|(0)((?:_?[0-7]+)+)|(0|[1-9](?:_?[0-9])*))$/;

/**
 * strconv.ParseInt and ParseUint with base 0: decimal, `0x`, `0b`, `0o` and `0` for octal. What is
 * beyond 2^53 - 1 but inside the bounds counts as 2^53 - 1: "without limit".
 */
export function parseWholeNumber(text: string, bounds: Bounds): number {
  const match = LITERAL.exec(text);
  const signed = bounds.min < 0n;
  if (match === null || (!signed && match[1] !== "")) {
    throw new FlagValueError(`expected a whole number${signed ? "" : " of 0 or more"}`);
  }
  const [, sign, x, hex, b, binary, o, octal, zero, oldOctal, decimal] = match;
  const digits = (hex ?? binary ?? octal ?? oldOctal ?? decimal ?? "").replaceAll("_", "");
  const prefix = x ?? b ?? o ?? (zero === undefined ? "" : "0o");
  const magnitude = BigInt(prefix.toLowerCase() + digits);
  const value = sign === "-" ? -magnitude : magnitude;
  if (value < bounds.min || value > bounds.max) {
    throw new FlagValueError(`expected a whole number from ${bounds.min} to ${bounds.max}`);
  }
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > limit ? limit : value < -limit ? -limit : value);
}

/** time.ParseDuration, in milliseconds: `300ms`, `1.5h`, `2h45m`; a bare `0` needs no unit. */
export function parseDuration(text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined) {
    throw new FlagValueError("expected a duration with a unit, such as 500ms, 10s or 1h30m");
  }
  return milliseconds;
}
