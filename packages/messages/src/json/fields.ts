import { NO_BYTES } from "../codec.ts";
import { JSON_ENUMS, JSON_MESSAGES } from "../generated/json.ts";
import { jsonName, propertyName } from "./names.ts";

export type JsonKind =
  "bytes" | "string" | "bool" | "int64" | "uint64" | "uint32" | "enum" | "message";

/** What the JSON form of a field needs to know. */
export interface JsonField {
  /** As declared, which is what is written: `prev_kv`. */
  readonly name: string;
  /** The other name that is understood, and the one that errors say: `prevKv`. */
  readonly jsonName: string;
  /** In the decoded message. */
  readonly property: string;
  readonly kind: JsonKind;
  /** A 64-bit number that is a `bigint` in the decoded message. */
  readonly isId: boolean;
  readonly isRepeated: boolean;
  /** Full name of the oneof that it is a member of. */
  readonly oneof: string | undefined;
  /** Full name of its message or enum; else empty. */
  readonly type: string;
}

export interface JsonMessage {
  /** In the order of their declaration, which is the order in which they are written. */
  readonly fields: readonly JsonField[];
  /** By both names. */
  readonly byName: ReadonlyMap<string, JsonField>;
  /** The properties of an empty message, without those in `lists`, which are an empty list each. */
  readonly empty: Readonly<Record<string, unknown>>;
  readonly lists: readonly string[];
}

const parsed = new Map<string, JsonMessage>();

/** The fields of a message, by its full name. They are parsed when they are first asked for. */
export function jsonMessage(fullName: string): JsonMessage {
  let message = parsed.get(fullName);
  if (message === undefined) {
    const text = JSON_MESSAGES[fullName];
    if (text === undefined) throw new TypeError(`No method takes or returns ${fullName}`);
    const fields = text
      .split(" ")
      .flatMap((one) => (one === "" ? [] : [parseField(one, fullName)]));
    const byName = fields.flatMap((f) => [[f.name, f] as const, [f.jsonName, f] as const]);
    const single = fields.filter((f) => !f.isRepeated);
    message = {
      fields,
      byName: new Map(byName),
      empty: Object.fromEntries(single.map((f) => [f.property, zeroOf(f)])),
      lists: fields.filter((f) => f.isRepeated).map((f) => f.property),
    };
    parsed.set(fullName, message);
  }
  return message;
}

function zeroOf(field: JsonField): unknown {
  if (field.oneof !== undefined || field.kind === "message") return undefined;
  if (field.kind === "bytes") return NO_BYTES;
  if (field.kind === "string") return "";
  if (field.kind === "bool") return false;
  return field.isId ? 0n : 0;
}

/** `name:type`; `*` before the type: repeated; `.` message, `#` enum; `!` after: bigint; `@` oneof. */
function parseField(text: string, message: string): JsonField {
  const match = /^(\w+):(\*?)([.#]?)([\w.]+)(!?)(?:@(\w+))?$/.exec(text);
  if (match === null) throw new TypeError(`${message} has a field that cannot be read: ${text}`);
  const [, name, star, sign, type, id, oneof] = match as unknown as [string, ...string[]];
  const isNamed = sign !== "";
  return {
    name: name!,
    jsonName: jsonName(name!),
    property: propertyName(name!),
    kind: sign === "." ? "message" : sign === "#" ? "enum" : (type as JsonKind),
    isId: id === "!",
    isRepeated: star === "*",
    oneof: oneof === undefined ? undefined : `${message}.${oneof}`,
    type: isNamed ? type! : "",
  };
}

/** Value of an enum's name; `undefined` when it has no such name. */
export function enumValue(fullName: string, name: string): number | undefined {
  const values = JSON_ENUMS[fullName]!;
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

export function enumName(fullName: string, value: number): string | undefined {
  return Object.entries(JSON_ENUMS[fullName]!).find(([, known]) => known === value)?.[0];
}
