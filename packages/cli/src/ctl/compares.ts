import { type Compare, CompareResult, CompareTarget, type Init } from "@nodetcd/messages";
import { EXIT, ExitError } from "../command-line/exit.ts";
import { parseGoInteger } from "../command-line/go-integer.ts";
import { quote } from "../quote.ts";
import { toNumber } from "./numbers.ts";
import { takeQuoted } from "./quoted.ts";

const RESULTS: Readonly<Record<string, number>> = {
  "=": CompareResult.EQUAL,
  "!=": CompareResult.NOT_EQUAL,
  ">": CompareResult.GREATER,
  "<": CompareResult.LESS,
};

/** `mod("key") > "0"` as it is on the wire. Raises `ExitError`. */
export function parseCompare(line: string): Init<Compare> {
  const open = line.indexOf("(");
  if (open < 0) throw malformed(line);
  const target = line.slice(0, open);
  const { key, operator, value } = readParts(line, target, line.slice(open + 1));
  const result = RESULTS[operator];
  const number = (): bigint => {
    try {
      return parseGoInteger(value.toString(), 10);
    } catch {
      throw new ExitError(EXIT.invalidInput, `invalid txn compare request: ${line}`);
    }
  };
  const compare = { key, result: result ?? 0, ...compareTarget(line, target, value, number) };
  if (result === undefined) throw new ExitError(2, `Unknown result op`);
  return compare;
}

function compareTarget(
  line: string,
  target: string,
  value: Buffer,
  number: () => bigint,
): Init<Compare> {
  switch (target) {
    case "ver":
    case "version":
      return { target: CompareTarget.VERSION, version: toNumber(number()) };
    case "c":
    case "create":
      return { target: CompareTarget.CREATE, createRevision: toNumber(number()) };
    case "m":
    case "mod":
      return { target: CompareTarget.MOD, modRevision: toNumber(number()) };
    case "val":
    case "value":
      return { target: CompareTarget.VALUE, value };
    case "lease":
      return { target: CompareTarget.LEASE, lease: parseGoInteger(value.toString(), 16) };
    default:
      throw malformed(`${line} (unknown target ${target})`);
  }
}

/** `"key") > "0"` apart. */
function readParts(
  line: string,
  target: string,
  text: string,
): { key: Buffer; operator: string; value: Buffer } {
  const key = takeQuoted(text);
  const operator = key === undefined ? undefined : /^\)\s*(\S+)/.exec(key.rest);
  const value = operator && takeQuoted(key!.rest.slice(operator[0].length));
  if (key !== undefined && operator && value) {
    return { key: Buffer.from(key.value), operator: operator[1]!, value: Buffer.from(value.value) };
  }
  const shown = quote(key?.value ?? Buffer.alloc(0));
  throw malformed(`${line}; got ${target}(${shown}) ${operator?.[1] ?? ""} ""`);
}

function malformed(what: string): ExitError {
  return new ExitError(EXIT.invalidInput, `malformed comparison: ${what}`);
}
