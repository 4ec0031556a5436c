import { badRequest } from "../errors.ts";
import { bytesText, ProtobufReader, WIRE } from "./protobuf-reader.ts";
import type { Field, MessageType, Scalar } from "./notation.ts";

type Json = Record<string, unknown>;

/** What Kubernetes writes before a protobuf object. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00] as const;

function timeText(reader: ProtobufReader, micro: boolean): string | undefined {
  let seconds = 0;
  let nanos = 0;
  let given = false;
  while (reader.more()) {
    const { number, wire } = reader.tag();
    if (wire !== WIRE.varint) reader.skip(wire);
    else {
      given = true;
      const value = Number(reader.signed());
      if (number === 1) seconds = value;
      else if (number === 2) nanos = value;
    }
  }
  if (!given) return undefined;
  const text = new Date(seconds * 1_000).toISOString().slice(0, 19);
  const fraction = String(Math.floor(nanos / 1_000)).padStart(6, "0");
  return micro ? `${text}.${fraction}Z` : `${text}Z`;
}

function intOrString(reader: ProtobufReader): string | number {
  let isText = false;
  let number = 0;
  let text = "";
  while (reader.more()) {
    const tag = reader.tag();
    if (tag.number === 1) isText = reader.signed() === 1n;
    else if (tag.number === 2) number = Number(reader.signed());
    else if (tag.number === 3) text = bytesText(reader.bytes());
    else reader.skip(tag.wire);
  }
  return isText ? text : number;
}

/** The one bytes field of a message that wraps it. */
function wrapped(reader: ProtobufReader): Uint8Array {
  let found = new Uint8Array(0);
  while (reader.more()) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === WIRE.bytes) found = new Uint8Array(reader.bytes());
    else reader.skip(wire);
  }
  return found;
}

function items(reader: ProtobufReader): string[] {
  const found: string[] = [];
  while (reader.more()) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === WIRE.bytes) found.push(bytesText(reader.bytes()));
    else reader.skip(wire);
  }
  return found;
}

/** A value as JSON has it; `undefined` for a time that is zero. */
function scalar(type: Scalar, reader: ProtobufReader): unknown {
  switch (type) {
    case "bool":
      return reader.signed() !== 0n;
    case "int32":
    case "int64":
      return Number(reader.signed());
    case "string":
      return bytesText(reader.bytes());
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "Time":
    case "MicroTime":
      return timeText(reader.message(), type === "MicroTime");
    case "Quantity":
      return bytesText(wrapped(reader.message()));
    case "IntOrString":
      return intOrString(reader.message());
    case "FieldsV1":
      return JSON.parse(bytesText(wrapped(reader.message())) || "{}") as unknown;
    case "ExtraValue":
      return items(reader.message());
  }
}

function value(type: Field["type"], reader: ProtobufReader): unknown {
  return typeof type === "string" ? scalar(type, reader) : readMessage(type, reader.message());
}

function isEmpty(found: unknown): boolean {
  if (found === undefined || found === "" || found === 0 || found === false) return true;
  return typeof found === "object" && found !== null && Object.keys(found).length === 0;
}

function mapEntry(type: Field["type"], reader: ProtobufReader): [string, unknown] {
  let key = "";
  let found: unknown;
  while (reader.more()) {
    const { number, wire } = reader.tag();
    if (number === 1) key = bytesText(reader.bytes());
    else if (number === 2) found = value(type, reader);
    else reader.skip(wire);
  }
  return [key, found ?? (type === "string" || type === "bytes" || type === "Quantity" ? "" : [])];
}

function readField(field: Field, reader: ProtobufReader, into: Json): void {
  const { name, shape, type } = field;
  if (shape === "map") {
    const [key, found] = mapEntry(type, reader.message());
    into[name] = { ...(into[name] as Json | undefined), [key]: found };
  } else if (shape === "list") {
    const list = (into[name] ??= []) as unknown[];
    list.push(value(type, reader));
  } else if (field.inline) {
    Object.assign(into, value(type, reader));
  } else {
    const found = value(type, reader);
    // Fields that are not pointers are written even when they are empty.
    if (field.pointer || !isEmpty(found)) into[name] = found;
  }
}

function readMessage(type: MessageType, reader: ProtobufReader): Json {
  const into: Json = {};
  const fields = fieldsByNumber(type);
  while (reader.more()) {
    const { number, wire } = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wire);
    else readField(field, reader, into);
  }
  return into;
}

const numbered = new WeakMap<MessageType, Map<number, Field>>();

function fieldsByNumber(type: MessageType): Map<number, Field> {
  let found = numbered.get(type);
  if (found === undefined) {
    found = new Map(type.fields.map((field) => [field.number, field]));
    numbered.set(type, found);
  }
  return found;
}

/** `runtime.Unknown`: an object with its kind around it. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

export function isEnvelope(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/** Opens what begins with `k8s\0`. `raw` is borrowed from `bytes`. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!isEnvelope(bytes)) {
    throw badRequest(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  return guarded(() => {
    const reader = new ProtobufReader(bytes.subarray(MAGIC.length));
    let [apiVersion, kind] = ["", ""];
    let raw: Uint8Array = new Uint8Array(0);
    while (reader.more()) {
      const { number, wire } = reader.tag();
      if (number === 1) {
        const meta = reader.message();
        while (meta.more()) {
          const tag = meta.tag();
          if (tag.number === 1) apiVersion = bytesText(meta.bytes());
          else if (tag.number === 2) kind = bytesText(meta.bytes());
          else meta.skip(tag.wire);
        }
      } else if (number === 2) raw = reader.bytes();
      else reader.skip(wire);
    }
    return { apiVersion, kind, raw };
  });
}

/** A protobuf message as the JSON object that it stands for. Raises `BadRequest` for bytes that are none. */
export function decodeProtobuf(type: MessageType, bytes: Uint8Array): Json {
  return guarded(() => readMessage(type, new ProtobufReader(bytes)));
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`error decoding the protobuf body: ${why}`);
  }
}
