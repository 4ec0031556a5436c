import { Status } from "@nodetcd/grpc";
import { EtcdError } from "./errors.ts";

/** Raises `BAD_ARGUMENT` unless the value is right; `name` is that of the argument or option. */
export type Check = (value: unknown, name: string) => void;

/** A check for each option: one that has none does not compile. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: Check };

/** Longest part of a text that is shown in a message. */
const SHOWN_LENGTH = 40;

/** What somebody gave instead, in words; says what to do where that is plain. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "string": {
      const shown = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value;
      return `the text ${JSON.stringify(shown)}`;
    }
    case "number":
      return `the number ${value}`;
    case "bigint":
      return `the bigint ${value}n`;
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      if ("then" in value && typeof value.then === "function") return "a promise: await it first";
      return Array.isArray(value) ? "an array" : "an object";
    default:
      return `a ${typeof value}`;
  }
}

/** Raises `BAD_ARGUMENT`, with the name of the argument, what was expected, and what came. */
export function refuse(name: string, expected: string, value: unknown): never {
  throw new EtcdError("BAD_ARGUMENT", `${name}: expected ${expected}, got ${describe(value)}`, {
    status: Status.INVALID_ARGUMENT,
    argument: name,
  });
}

function check(expected: string, isRight: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!isRight(value)) refuse(name, expected, value);
  };
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

export const isBoolean: Check = check("true or false", (value) => typeof value === "boolean");
export const isText: Check = check("a text", (value) => typeof value === "string");
export const isName: Check = check(
  "a text that is not empty",
  (value) => typeof value === "string" && value !== "",
);
export const isInteger: Check = check("a whole number", isWhole);
export const isRevision: Check = check(
  "a revision: a whole number, 0 or more",
  (value) => isWhole(value) && value >= 0,
);
export const isCount: Check = check(
  "a whole number, 0 or more",
  (value) => isWhole(value) && value >= 0,
);
export const isPositive: Check = check(
  "a whole number, 1 or more",
  (value) => isWhole(value) && value >= 1,
);
export const isSeconds: Check = check(
  "whole seconds, 1 to 9000000000",
  (value) => isWhole(value) && value >= 1 && value <= 9_000_000_000,
);
export const isDuration: Check = check(
  "milliseconds: a number above 0, or Infinity",
  (value) => typeof value === "number" && value > 0,
);
/** Ids are 64 bits, signed or not: a number would have lost some of them. */
export const isId: Check = check(
  "an id: a bigint of 64 bits",
  (value) =>
    typeof value === "bigint" &&
    (value === BigInt.asIntN(64, value) || value === BigInt.asUintN(64, value)),
);
export const isLease: Check = check(
  "a lease, or its id as a bigint",
  (value) =>
    typeof value === "bigint" ||
    (typeof value === "object" && value !== null && "id" in value && typeof value.id === "bigint"),
);
/** One of this package, so that it can be kept alive and revoked. */
export const isLeaseHandle: Check = check(
  "a lease, as leases.grant() and leases.of() give it",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "keepAlive" in value &&
    typeof value.keepAlive === "function",
);
export const isSignal: Check = check(
  "an AbortSignal",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    "addEventListener" in value &&
    typeof value.addEventListener === "function",
);
export const isObject: Check = check(
  "an object",
  (value) => typeof value === "object" && value !== null && !("then" in value),
);
export const isLogger: Check = check(
  "a logger with debug, info, warn and error",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    ["debug", "info", "warn", "error"].every((level) => level in value),
);
export const isTextOrTexts: Check = check(
  "a text or a list of texts",
  (value) =>
    typeof value === "string" ||
    (Array.isArray(value) && value.every((one) => typeof one === "string")),
);
export const isFunction: Check = check("a function", (value) => typeof value === "function");
export const isBytesLike: Check = check(
  "a text or a Uint8Array",
  (value) => typeof value === "string" || isUint8Array(value),
);
export const isTexts: Check = check(
  "a list of texts",
  (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
);
/** A password, or an object that says what stands for it. */
export const isSecret: Check = check(
  "a text, { password }, { hashedPassword } or { noPassword: true }",
  (value) =>
    typeof value === "string" ||
    (typeof value === "object" &&
      value !== null &&
      ["password", "hashedPassword", "noPassword"].filter((name) => name in value).length === 1),
);

/** Also one of another realm, as test runners and `vm` make them. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]"
  );
}

export function isOneOf(words: readonly string[]): Check {
  const expected = `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`;
  return check(expected, (value) => typeof value === "string" && words.includes(value));
}

/**
 * Checks options once, at the door: an option that does not exist is refused, too, since a misspelt one
 * would be passed over silently. `undefined` stands for the default.
 */
export function checkOptions<Options>(
  options: Options | undefined,
  checks: OptionChecks<Options>,
  name = "options",
): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    refuse(name, "an object", options);
  }
  const rules: Readonly<Record<string, Check | undefined>> = checks;
  for (const [option, value] of Object.entries(options)) {
    const rule = Object.hasOwn(checks, option) ? rules[option] : undefined;
    if (rule === undefined) {
      const known = Object.keys(checks).join(", ");
      throw new EtcdError(
        "BAD_ARGUMENT",
        `${option}: there is no such option; there are ${known}`,
        {
          status: Status.INVALID_ARGUMENT,
          argument: option,
        },
      );
    }
    if (value !== undefined) rule(value, option);
  }
}
