import { badArguments } from "../command-line/exit.ts";
import { parseGoInteger } from "../command-line/go-integer.ts";

/** A revision, limit or count from the command line, as the wire takes it: safe integers. */
export function toNumber(value: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > limit ? limit : value < -limit ? -limit : value);
}

/** A lease's id in hexadecimal. Raises `ExitError`. */
export function leaseId(text: string, words = "bad lease ID arg"): bigint {
  try {
    return parseGoInteger(text, 16);
  } catch (error) {
    throw badArguments(`${words} (${errorWords(error)}), expecting ID in Hex`);
  }
}

/** A member's id in hexadecimal. Raises `ExitError`. */
export function memberId(text: string): bigint {
  try {
    return parseGoInteger(text, 16, "unsigned");
  } catch (error) {
    throw badArguments(`bad member ID arg (${errorWords(error)}), expecting ID in Hex`);
  }
}

export function errorWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
