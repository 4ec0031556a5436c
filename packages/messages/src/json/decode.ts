import type { MessageCodec } from "../codec.ts";
import { JsonError } from "../errors.ts";
import { decodeBase64 } from "./base64.ts";
import { enumValue, type JsonField, jsonMessage } from "./fields.ts";
import { JsonReader, type Token } from "./json-reader.ts";
import { firstValue } from "./json-values.ts";
import { integerWithin } from "./numbers.ts";

/** A decoded message, by the names of its properties. */
type Fields = Record<string, unknown>;

/** A name of an enum that the schema does not know: its field is left alone. */
const UNKNOWN_NAME = Symbol("unknown name");

/**
 * Decodes the JSON form of a message as etcd's gateway does: both forms of a name are understood,
 * fields that the schema does not know are dropped, `null` is as if absent, and nothing at all is the
 * empty message. What follows the first value is not looked at. Raises `JsonError`; the message says
 * line and column. The result is owned by the caller; numbers that are not `bigint` and beyond 2^53
 * become the nearest safe integer, as in the binary form.
 */
export function fromJson<T>(codec: MessageCodec<T>, text: Uint8Array): T {
  const value = firstValue(text);
  if (value === undefined) return codec.create();
  try {
    return readMessage(new JsonReader(value), codec.name) as T;
  } catch (error) {
    // The one way to overflow the stack here: messages nested thousands deep.
    if (error instanceof RangeError) {
      throw new JsonError("JSON_VALUE", "proto: messages are nested too deeply");
    }
    throw error;
  }
}

function readMessage(reader: JsonReader, name: string): Fields {
  const { byName, empty, lists } = jsonMessage(name);
  const open = reader.take();
  if (open.kind !== "{") throw reader.unexpected(open);
  const message: Fields = { ...empty };
  for (const property of lists) message[property] = [];
  const seen = new Set<JsonField | string>();
  while (reader.peek() !== "}") {
    const key = reader.take();
    const field = byName.get(key.text);
    if (field === undefined) {
      reader.skipValue();
      continue;
    }
    if (seen.has(field)) throw reader.error(key, `duplicate field ${reader.raw(key)}`);
    seen.add(field);
    if (reader.peek() === "null") {
      reader.take();
      continue;
    }
    checkOneof(reader, key, field, seen);
    const value = field.isRepeated ? readList(reader, field) : readValue(reader, field);
    if (value !== UNKNOWN_NAME) message[field.property] = value;
  }
  reader.take();
  return message;
}

function checkOneof(
  reader: JsonReader,
  key: Token,
  { oneof }: JsonField,
  seen: Set<JsonField | string>,
): void {
  if (oneof === undefined) return;
  if (seen.has(oneof)) {
    throw reader.error(key, `error parsing ${reader.raw(key)}, oneof ${oneof} is already set`);
  }
  seen.add(oneof);
}

function readList(reader: JsonReader, field: JsonField): unknown[] {
  const open = reader.take();
  if (open.kind !== "[") throw reader.unexpected(open);
  const list: unknown[] = [];
  while (reader.peek() !== "]") {
    const value = readValue(reader, field);
    if (value !== UNKNOWN_NAME) list.push(value);
  }
  reader.take();
  return list;
}

function readValue(reader: JsonReader, field: JsonField): unknown {
  if (field.kind === "message") return readMessage(reader, field.type);
  const token = reader.take();
  const value = scalarOf(field, token);
  if (value !== undefined) return value;
  const what = `invalid value for ${field.kind} field ${field.jsonName}: ${reader.raw(token)}`;
  throw reader.error(token, what);
}

/** `undefined`: it does not fit. */
function scalarOf(field: JsonField, { kind, text }: Token): unknown {
  switch (field.kind) {
    case "string":
      return kind === "string" ? text : undefined;
    case "bytes":
      return kind === "string" ? decodeBase64(text) : undefined;
    case "bool":
      return kind === "true" || kind === "false" ? kind === "true" : undefined;
    case "enum":
      if (kind === "string") return enumValue(field.type, text) ?? UNKNOWN_NAME;
      return kind === "number" ? toNumber(integerWithin(text, "int32")) : undefined;
    default:
      return kind === "string" || kind === "number" ? integer(field, text) : undefined;
  }
}

function integer(field: JsonField, text: string): bigint | number | undefined {
  const value = integerWithin(text, field.kind as "int64" | "uint64" | "uint32");
  return field.isId ? value : toNumber(value);
}

function toNumber(value: bigint | undefined): number | undefined {
  if (value === undefined) return undefined;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}
