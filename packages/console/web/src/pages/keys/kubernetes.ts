/**
 * Kubernetes objects behind `k8s\0`: the message `Unknown` {1: typeMeta {1: apiVersion, 2: kind}, 2: raw,
 * 3: contentEncoding, 4: contentType}. Nearly every kind has its metadata in field 1 of `raw`, with
 * the same numbers; what is behind it is shown by field number.
 */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly lines: readonly string[];
}

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly bytes: Uint8Array;
  readonly value: bigint;
}

class Malformed extends Error {}

function varint(bytes: Uint8Array, at: number): readonly [bigint, number] {
  let value = 0n;
  for (let shift = 0n, next = at; shift < 70n; shift += 7n, next++) {
    const byte = bytes[next];
    if (byte === undefined) break;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, next + 1];
  }
  throw new Malformed();
}

/** The fields of a message; raises when the bytes are none. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [tag, afterTag] = varint(bytes, at);
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number === 0 || number > 536_870_911) throw new Malformed();
    at = afterTag;
    let value = 0n;
    let length = 0;
    if (wire === 0) [value, at] = varint(bytes, at);
    else if (wire === 2) {
      const [size, start] = varint(bytes, at);
      length = Number(size);
      at = start;
    } else if (wire === 1 || wire === 5) length = wire === 1 ? 8 : 4;
    else throw new Malformed();
    if (at + length > bytes.length) throw new Malformed();
    fields.push({ number, wire, value, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function text(bytes: Uint8Array): string | undefined {
  try {
    const held = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    return /[\u0000-\u0008\u000e-\u001f]/.test(held) ? undefined : held;
  } catch {
    return undefined;
  }
}

function textField(fields: readonly Field[], number: number): string {
  const found = fields.find((field) => field.number === number);
  return found === undefined ? "" : (text(found.bytes) ?? "");
}

export function decodeKubernetes(bytes: Uint8Array): KubernetesObject | undefined {
  try {
    const unknown = fieldsOf(bytes.subarray(4));
    const type = fieldsOf(unknown.find(({ number }) => number === 1)?.bytes ?? new Uint8Array());
    const raw = unknown.find(({ number }) => number === 2)?.bytes ?? new Uint8Array();
    const apiVersion = textField(type, 1);
    const kind = textField(type, 2);
    const lines = [`apiVersion: ${apiVersion}`, `kind: ${kind}`, ...bodyLines(raw)];
    return { apiVersion, kind, lines };
  } catch {
    return undefined;
  }
}

const META: Readonly<Record<number, string>> = {
  1: "name",
  2: "generateName",
  3: "namespace",
  4: "selfLink",
  5: "uid",
  6: "resourceVersion",
  7: "generation",
  8: "creationTimestamp",
  9: "deletionTimestamp",
  10: "deletionGracePeriodSeconds",
  11: "labels",
  12: "annotations",
  13: "ownerReferences",
  14: "finalizers",
  17: "managedFields",
};
const OWNER: Readonly<Record<number, string>> = {
  1: "kind",
  3: "name",
  4: "uid",
  5: "apiVersion",
  6: "controller",
  7: "blockOwnerDeletion",
};
const MANAGED: Readonly<Record<number, string>> = {
  1: "manager",
  2: "operation",
  3: "apiVersion",
  4: "time",
  6: "fieldsType",
  7: "fieldsV1",
  8: "subresource",
};

function bodyLines(raw: Uint8Array): string[] {
  const lines: string[] = [];
  for (const field of fieldsOf(raw)) {
    if (field.number === 1 && field.wire === 2) lines.push("metadata:", ...metaLines(field.bytes));
    else lines.push(...fieldLines(field, `field ${field.number}`, 0));
  }
  return lines;
}

function metaLines(bytes: Uint8Array): string[] {
  return fieldsOf(bytes).flatMap((field) => {
    const name = META[field.number] ?? `field ${field.number}`;
    if (field.number === 8 || field.number === 9) return [`  ${name}: ${timeOf(field.bytes)}`];
    if (field.number === 11 || field.number === 12) return [`  ${name}: ${pairText(field.bytes)}`];
    const names = field.number === 13 ? OWNER : field.number === 17 ? MANAGED : undefined;
    return fieldLines(field, name, 1, names);
  });
}

function timeOf(bytes: Uint8Array): string {
  const seconds = fieldsOf(bytes).find(({ number }) => number === 1)?.value ?? 0n;
  return new Date(Number(BigInt.asIntN(64, seconds)) * 1_000).toISOString();
}

function pairText(bytes: Uint8Array): string {
  const fields = fieldsOf(bytes);
  return `${textField(fields, 1)} = ${textField(fields, 2)}`;
}

/** A field by what its bytes look like: text, a message, or bytes. */
function fieldLines(
  { wire, value, bytes }: Field,
  name: string,
  depth: number,
  names?: Readonly<Record<number, string>>,
): string[] {
  const pad = "  ".repeat(depth);
  if (wire === 0) return [`${pad}${name}: ${BigInt.asIntN(64, value)}`];
  if (wire !== 2) return [`${pad}${name}: 0x${hex(bytes)}`];
  if (name === "time") return [`${pad}${name}: ${timeOf(bytes)}`];
  const inner = depth < 12 && bytes.length > 0 ? message(bytes) : undefined;
  const held = text(bytes);
  const readable = held !== undefined && /^[\n\t\u0020-\u{10ffff}]*$/u.test(held);
  if (readable && (inner === undefined || names === undefined)) {
    return [`${pad}${name}: ${JSON.stringify(held)}`];
  }
  if (inner === undefined) return [`${pad}${name}: ${bytes.length} bytes`];
  const lines = inner.flatMap((field) =>
    fieldLines(field, names?.[field.number] ?? `field ${field.number}`, depth + 1),
  );
  return [`${pad}${name}:`, ...lines];
}

function message(bytes: Uint8Array): Field[] | undefined {
  try {
    return fieldsOf(bytes);
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
