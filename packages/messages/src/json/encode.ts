import type { Init, MessageCodec } from "../codec.ts";
import { encodeBase64 } from "./base64.ts";
import { enumName, type JsonField, jsonMessage } from "./fields.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What Go's `encoding/json` writes as an escape, and protojson does not. */
const HTML = /[<>&\u2028\u2029]/g;

/**
 * The JSON form of a message as etcd's gateway writes it, without white space: fields in the order of
 * their declaration under the declared names, those at their default left out, 64-bit numbers as
 * strings, bytes as base64, enums by name.
 *
 * `escapeHtml`: write `<`, `>`, `&` and the two line separators of Unicode as `\u003c`; the gateway
 * does so in the messages of streams, and not in a single answer.
 */
export function toJson<T>(
  codec: MessageCodec<T>,
  message: Init<T>,
  options: { readonly escapeHtml?: boolean } = {},
): string {
  const text = messageText(codec.name, message as Fields);
  if (options.escapeHtml !== true) return text;
  return text.replace(HTML, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function messageText(name: string, message: Fields): string {
  const members: string[] = [];
  for (const field of jsonMessage(name).fields) {
    const value = message[field.property];
    if (!isPresent(field, value)) continue;
    const text = field.isRepeated
      ? `[${(value as readonly unknown[]).map((one) => valueText(field, one)).join(",")}]`
      : valueText(field, value);
    members.push(`"${field.name}":${text}`);
  }
  return `{${members.join(",")}}`;
}

function isPresent(field: JsonField, value: unknown): boolean {
  if (value === undefined) return false;
  if (field.isRepeated) return (value as readonly unknown[]).length > 0;
  if (field.oneof !== undefined || field.kind === "message") return true;
  if (field.kind === "bytes") return (value as Uint8Array).length > 0;
  return Boolean(value);
}

function valueText(field: JsonField, value: unknown): string {
  switch (field.kind) {
    case "message":
      return messageText(field.type, value as Fields);
    case "bytes":
      return `"${encodeBase64(value as Uint8Array)}"`;
    case "string":
      return JSON.stringify(value);
    case "int64":
      return `"${BigInt.asIntN(64, BigInt(value as bigint | number))}"`;
    case "uint64":
      return `"${BigInt.asUintN(64, BigInt(value as bigint | number))}"`;
    case "enum": {
      const known = enumName(field.type, value as number);
      return known === undefined ? String(value) : `"${known}"`;
    }
    default:
      return String(value);
  }
}
