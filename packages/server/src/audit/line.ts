import type { Digests } from "@nodetcd/runtime";
import { AUDIT_KEY_BYTES_MAX, AUDIT_RANGES_MAX } from "../limits.ts";
import type { KeyRange, Subject } from "./subject.ts";

/** How a caller was recognised. */
export type How = "password" | "token" | "certificate" | "none";

/** One request, or the end of a stream, as a line tells it. */
export interface AuditRecord {
  /** When it came, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly user: string;
  readonly how: How;
  readonly remote: string;
  /** Such as `KV/Put`. */
  readonly method: string;
  readonly subject: Subject;
  readonly withKeys: boolean;
  /** Of the reply's header; undefined where there is none. */
  readonly revision: number | undefined;
  /** A status of gRPC, or `RECEIVED` for a message of a stream. */
  readonly outcome: string;
  readonly error: string;
  readonly tookMs: number | undefined;
}

export interface LineOptions {
  readonly digests: Digests;
  readonly hashKeys: boolean;
}

const cut = (text: string): string => text.slice(0, AUDIT_KEY_BYTES_MAX);

/** One line of JSON, with its end. Put together by hand: there is one for each request. */
export function auditLine(record: AuditRecord, options: LineOptions): string {
  const { subject, revision, error, tookMs } = record;
  const { ranges, target } = subject;
  const more = ranges.length - AUDIT_RANGES_MAX;
  let line = `{"time":"${isoTime(record.timeMs)}","user":${quoted(cut(record.user))},"auth":"${record.how}"`;
  line += `,"remote":${quoted(record.remote)},"method":"${record.method}"`;
  if (record.withKeys && ranges.length > 0) {
    const first = more > 0 ? ranges.slice(0, AUDIT_RANGES_MAX) : ranges;
    line += `,"keys":[${first.map((each) => shown(each, options)).join(",")}]`;
    if (more > 0) line += `,"more_keys":${more}`;
  }
  if (target !== "") line += `,"target":${quoted(cut(target))}`;
  if (revision !== undefined) line += `,"revision":${revision}`;
  line += `,"outcome":"${record.outcome}"`;
  if (error !== "") line += `,"error":${quoted(cut(error))}`;
  if (tookMs !== undefined) line += `,"took_ms":${Math.round(tookMs * 1000) / 1000}`;
  return `${line}}\n`;
}

const quoted = (text: string): string => JSON.stringify(text);

/** The last second, as a text up to its dot: most lines are of the same one. */
const second = { at: Number.NaN, text: "" };

function isoTime(timeMs: number): string {
  const whole = Math.floor(timeMs);
  const at = Math.floor(whole / 1000);
  if (at !== second.at) {
    second.at = at;
    second.text = new Date(at * 1000).toISOString().slice(0, -4);
  }
  return `${second.text}${String(whole - at * 1000).padStart(3, "0")}Z`;
}

function shown({ key, end, access }: KeyRange, options: LineOptions): string {
  const limit = end.length === 0 ? "" : `${keyField("end", end, options)},`;
  return `{${keyField("key", key, options)},${limit}"access":"${access}"}`;
}

/** `key` for UTF-8, `key_base64` for other bytes, `key_sha256` (hex) on request and for long ones. */
function keyField(name: string, bytes: Uint8Array, { digests, hashKeys }: LineOptions): string {
  // "Everything from here on" is no key.
  const isOpenEnd = name === "end" && bytes.length === 1 && bytes[0] === 0;
  if ((hashKeys && !isOpenEnd) || bytes.length > AUDIT_KEY_BYTES_MAX) {
    const sum = digests.sha256();
    sum.update(bytes);
    return `"${name}_sha256":"${Buffer.from(sum.finish()).toString("hex")}"`;
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8");
  if (!text.includes("\ufffd")) return `"${name}":${quoted(text)}`;
  return `"${name}_base64":"${buffer.toString("base64")}"`;
}
