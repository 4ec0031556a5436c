import type { Field, MessageType } from "../../src/schema/notation.ts";

/** Writes objects as Kubernetes' protobuf: the other direction of what is tested, and only for tests. */
type Json = Record<string, unknown>;

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return bytes;
}

function tagged(number: number, bytes: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

const text = (value: string): number[] => [...Buffer.from(value)];

function scalar(field: Field, value: unknown): number[] {
  const { number, type } = field;
  switch (type) {
    case "bool":
      return [...varint(number * 8), value === true ? 1 : 0];
    case "int32":
    case "int64":
      return [...varint(number * 8), ...varint(value as number)];
    case "Quantity":
      return tagged(number, tagged(1, text(value as string)));
    case "FieldsV1":
      return tagged(number, tagged(1, text(JSON.stringify(value))));
    case "IntOrString":
      return typeof value === "string"
        ? tagged(number, [8, 1, ...tagged(3, text(value))])
        : tagged(number, [8, 0, 16, ...varint(value as number)]);
    case "Time":
    case "MicroTime": {
      const ms = Date.parse(value as string);
      return tagged(number, [
        8,
        ...varint(Math.floor(ms / 1_000)),
        16,
        ...varint((ms % 1_000) * 1e6),
      ]);
    }
    case "bytes":
      return tagged(number, [...Buffer.from(value as string, "base64")]);
    default:
      return tagged(number, text(value as string));
  }
}

function one(field: Field, value: unknown): number[] {
  if (typeof field.type === "string") return scalar(field, value);
  return tagged(field.number, writeMessage(field.type, value as Json));
}

export function writeMessage(type: MessageType, object: Json): number[] {
  return type.fields.flatMap((field) => {
    if (field.inline) return one(field, object);
    const value = object[field.name];
    if (value === undefined) return [];
    if (field.shape === "list") return (value as unknown[]).flatMap((item) => one(field, item));
    if (field.shape === "one") return one(field, value);
    return Object.entries(value as Json).flatMap(([key, item]) =>
      tagged(field.number, [...tagged(1, text(key)), ...one({ ...field, number: 2 }, item)]),
    );
  });
}

/** `k8s\0` and the object in its envelope. */
export function writeEnvelope(type: MessageType, object: Json): Uint8Array {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const meta = [...tagged(1, text(apiVersion)), ...tagged(2, text(kind))];
  const raw = writeMessage(type, object);
  return new Uint8Array([
    ...text("k8s\0"),
    ...tagged(1, meta),
    ...tagged(2, raw),
    ...tagged(4, []),
  ]);
}
