import { ApiError, type StatusCause } from "../errors.ts";
import { canonical } from "./canonical.ts";
import type { Resource } from "./resource.ts";

type Reason =
  | "FieldValueRequired"
  | "FieldValueNotFound"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueDuplicate"
  | "FieldValueTooMany"
  | "FieldValueTooLong";

/** How errors show a value: text in quotes, lists and objects as JSON. */
function shown(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

/** What is wrong with an object, collected field by field, in Kubernetes' words. */
export class FieldErrors {
  readonly #causes: StatusCause[] = [];

  get count(): number {
    return this.#causes.length;
  }

  required(field: string, detail = ""): void {
    this.#add(field, "FieldValueRequired", "Required value", detail);
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.#add(field, "FieldValueInvalid", `Invalid value: ${shown(value)}`, detail);
  }

  /** Invalid, without showing the value. */
  wrong(field: string, detail: string): void {
    this.#add(field, "FieldValueInvalid", "Invalid value", detail);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const words = supported.map((each) => `"${each}"`).join(", ");
    const what = `Unsupported value: ${shown(value)}`;
    this.#add(field, "FieldValueNotSupported", what, `supported values: ${words}`);
  }

  forbidden(field: string, detail: string): void {
    this.#add(field, "FieldValueForbidden", "Forbidden", detail);
  }

  duplicate(field: string, value: unknown): void {
    this.#add(field, "FieldValueDuplicate", `Duplicate value: ${shown(value)}`, "");
  }

  notFound(field: string, value: unknown): void {
    this.#add(field, "FieldValueNotFound", `Not found: ${shown(value)}`, "");
  }

  tooMany(field: string, count: number, max: number): void {
    const detail = `must have at most ${max} ${max === 1 ? "item" : "items"}`;
    this.#add(field, "FieldValueTooMany", `Too many: ${count}`, detail);
  }

  tooLong(field: string, max: number): void {
    this.#add(field, "FieldValueTooLong", "Too long", `may not be more than ${max} bytes`);
  }

  notNegative(field: string, value: number | undefined): void {
    if (value !== undefined && value < 0) {
      this.invalid(field, value, "must be greater than or equal to 0");
    }
  }

  immutable(field: string, current: unknown, next: unknown): void {
    if (canonical(current) !== canonical(next)) {
      this.invalid(field, next, "field is immutable");
    }
  }

  /** Raises `Invalid` when anything was found. */
  raise({ kind, group }: Pick<Resource, "kind" | "group">, name: string): void {
    if (this.#causes.length === 0) return;
    const lines = this.#causes.map(({ field, message }) => `${field}: ${message}`);
    const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
    const qualified = group === "" ? kind : `${kind}.${group}`;
    throw new ApiError("Invalid", `${qualified} "${name}" is invalid: ${text}`, {
      details: {
        ...(name === "" ? {} : { name }),
        ...(group === "" ? {} : { group }),
        kind,
        causes: this.#causes,
      },
    });
  }

  #add(field: string, reason: Reason, what: string, detail: string): void {
    const message = detail === "" ? what : `${what}: ${detail}`;
    this.#causes.push({ reason, message, field });
  }
}
