import type { Field, MessageType, Scalar } from "./notation.ts";

type Json = Record<string, unknown>;

/** Raised for JSON that does not fit its type. The message is as Go's decoder has it. */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" ? "number" : typeof value;
}

/** Go's name of a type, as its decoder says it. */
function goName(type: Scalar | MessageType): string {
  if (typeof type !== "string") return `v1.${type.name}`;
  const names: Partial<Record<Scalar, string>> = {
    bytes: "[]uint8",
    Time: "v1.Time",
    MicroTime: "v1.MicroTime",
    Quantity: "resource.Quantity",
    IntOrString: "intstr.IntOrString",
    FieldsV1: "map[string]interface {}",
    ExtraValue: "[]string",
  };
  return names[type] ?? type;
}

function goType({ shape, type }: Field): string {
  const name = goName(type);
  return shape === "list" ? `[]${name}` : shape === "map" ? `map[string]${name}` : name;
}

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const LIMITS = { int32: 2 ** 31, int64: 2 ** 63 } as const;

/** Where a value is: for messages of Go's decoder, and for the paths of strict errors. */
interface Place {
  readonly owner: string;
  /** As `spec.template.spec.containers`, without the indexes, which Go leaves out. */
  readonly go: string;
  /** As `spec.template.spec.containers[0]`. */
  readonly path: string;
}

function misfit(value: unknown, place: Place, type: string): never {
  const shownNumber = type === "string" ? "number" : `number ${String(value)}`;
  const what = typeof value === "number" ? shownNumber : shown(value);
  throw new MisfitError(
    `json: cannot unmarshal ${what} into Go struct field ${place.owner}.${place.go} of type ${type}`,
  );
}

function integer(value: unknown, type: "int32" | "int64", place: Place): unknown {
  if (typeof value !== "number") {
    return misfit(value, place, type);
  }
  if (!Number.isInteger(value) || value < -LIMITS[type] || value >= LIMITS[type]) {
    return misfit(value, place, type);
  }
  return value;
}

function checkScalar(type: Scalar, value: unknown, place: Place, goTypeName: string): unknown {
  switch (type) {
    case "int32":
    case "int64":
      return integer(value, type, place);
    case "bool":
      return typeof value === "boolean" ? value : misfit(value, place, goTypeName);
    case "string":
      return typeof value === "string" ? value : misfit(value, place, goTypeName);
    case "bytes":
      if (typeof value !== "string") return misfit(value, place, goTypeName);
      if (!BASE64.test(value) || value.length % 4 !== 0) {
        throw new MisfitError(`illegal base64 data in ${place.path}`);
      }
      return value;
    case "Time":
    case "MicroTime":
      if (typeof value !== "string") return misfit(value, place, goTypeName);
      if (
        !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) ||
        Number.isNaN(Date.parse(value))
      ) {
        throw new MisfitError(
          `parsing time "${value}" as "2006-01-02T15:04:05Z07:00": cannot parse "${value}" as "2006"`,
        );
      }
      return value;
    case "Quantity":
      if (typeof value === "number") return String(value);
      if (typeof value !== "string") return misfit(value, place, goTypeName);
      if (!QUANTITY.test(value)) {
        throw new MisfitError(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      }
      return value;
    case "IntOrString":
      if (typeof value === "string") return value;
      return integer(value, "int32", place);
    case "FieldsV1":
      return isObject(value) ? value : misfit(value, place, goTypeName);
    case "ExtraValue":
      return Array.isArray(value) ? value : misfit(value, place, goTypeName);
  }
}

/** Collects what is not known, and gives back what is. */
class Checker {
  readonly unknown: string[] = [];

  message(type: MessageType, value: Json, place: Place): Json {
    const kept: Json = {};
    for (const [name, given] of Object.entries(value)) {
      const field = type.json.get(name);
      const path = place.path === "" ? name : `${place.path}.${name}`;
      if (field === undefined) {
        this.unknown.push(path);
        continue;
      }
      if (given === null) continue;
      const go = place.go === "" ? name : `${place.go}.${name}`;
      kept[name] = this.#field(field, given, { owner: type.name, go, path });
    }
    return kept;
  }

  #field(field: Field, value: unknown, place: Place): unknown {
    const { shape, type } = field;
    if (shape === "one") return this.#value(type, value, place, goType(field));
    if (shape === "list") {
      if (!Array.isArray(value)) return misfit(value, place, goType(field));
      return value.map((item: unknown, index) =>
        this.#value(type, item, { ...place, path: `${place.path}[${index}]` }, goName(type)),
      );
    }
    if (!isObject(value)) return misfit(value, place, goType(field));
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      item === null && type === "string"
        ? ""
        : this.#value(type, item, { ...place, path: `${place.path}.${key}` }, goName(type)),
    ]);
    return Object.fromEntries(entries) as Json;
  }

  #value(type: Field["type"], value: unknown, place: Place, goTypeName: string): unknown {
    if (typeof type === "string") return checkScalar(type, value, place, goTypeName);
    if (value === null) return {};
    if (!isObject(value)) return misfit(value, place, goTypeName);
    return this.message(type, value, place);
  }
}

/**
 * A JSON object as its type has it: what is `null` is left out, as are fields that the type does not have; their paths
 * are in `unknown`. Raises `MisfitError` for values of another type.
 */
export function checkFields(type: MessageType, object: Json): { object: Json; unknown: string[] } {
  const checker = new Checker();
  const { apiVersion, kind, ...rest } = object;
  const kept = checker.message(type, rest, { owner: type.name, go: "", path: "" });
  return {
    object: {
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(kind === undefined ? {} : { kind }),
      ...kept,
    },
    unknown: checker.unknown,
  };
}
