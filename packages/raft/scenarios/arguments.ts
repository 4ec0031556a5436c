import type { Argument, Directive } from "./parse.ts";

/** Arguments without `=`: node numbers, in order. */
export function nodeNumbers(directive: Directive): number[] {
  return directive.args.filter((arg) => arg.values.length === 0).map(wholeNumber);
}

/** The first argument, a node's number. */
export function firstNode(directive: Directive): number {
  const first = directive.args[0];
  if (first === undefined) throw new Error("expected a node");
  return wholeNumber(first);
}

function wholeNumber({ key }: Argument): number {
  if (!/^\d+$/.test(key)) throw new Error(`not a number: ${key}`);
  return Number(key);
}

/** Values of `key=...`, `undefined` when it is not given. */
export function valuesOf(directive: Directive, key: string): readonly string[] | undefined {
  return directive.args.find((arg) => arg.key === key && arg.values.length > 0)?.values;
}

/** The single value of `key=value`, `undefined` when it is not given. */
export function valueOf(directive: Directive, key: string): string | undefined {
  return valuesOf(directive, key)?.[0];
}

/** As `valueOf`, a number. */
export function numberOf(directive: Directive, key: string): number | undefined {
  const value = valueOf(directive, key);
  return value === undefined ? undefined : Number(value);
}

/** As `valueOf`, true or false. */
export function flagOf(directive: Directive, key: string): boolean | undefined {
  const value = valueOf(directive, key);
  return value === undefined ? undefined : value === "true" || value === "1" || value === "t";
}
