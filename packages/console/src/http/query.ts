import { fromBase64 } from "../contract/bytes.ts";
import { ConsoleError } from "../errors.ts";

/** Typed values of a query string; everything wrong is `BAD_REQUEST` with the parameter's name. */
export class Query {
  readonly #parameters: URLSearchParams;

  constructor(parameters: URLSearchParams) {
    this.#parameters = parameters;
  }

  text(name: string, fallback?: string): string {
    const value = this.#parameters.get(name) ?? fallback;
    if (value === undefined) throw new ConsoleError("BAD_REQUEST", `${name} is missing`);
    return value;
  }

  /** A whole number from `min` to `max`. */
  number(name: string, fallback: number, min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    const text = this.#parameters.get(name);
    if (text === null) return fallback;
    return wholeNumber(name, text === "" ? Number.NaN : Number(text), min, max);
  }

  /** Key bytes; `fallback` when the parameter is missing. */
  key(name: string, fallback?: Uint8Array): Uint8Array {
    const text = this.#parameters.get(name);
    if (text === null && fallback !== undefined) return fallback;
    return bytesOf(name, this.text(name));
  }

  flag(name: string): boolean {
    return this.#parameters.get(name) === "true";
  }
}

export function wholeNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new ConsoleError("BAD_REQUEST", `${name} must be a whole number from ${min} to ${max}`);
}

export function bytesOf(name: string, value: unknown): Uint8Array {
  if (typeof value !== "string") throw new ConsoleError("BAD_REQUEST", `${name} must be base64`);
  try {
    return fromBase64(value);
  } catch {
    throw new ConsoleError("BAD_REQUEST", `${name} is not base64`);
  }
}

/** The members of a JSON object in a request's body. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown, name = "The body"): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ConsoleError("BAD_REQUEST", `${name} must be a JSON object`);
}

export function listOf(name: string, value: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new ConsoleError("BAD_REQUEST", `${name} must be a list`);
  if (value.length > max) {
    throw new ConsoleError("TOO_LARGE", `${name} has ${value.length} entries, the limit is ${max}`);
  }
  return value;
}

export function textOf(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new ConsoleError("BAD_REQUEST", `${name} must be text`);
}
