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

/** One line of JSON, with its end. */
export function auditLine(record: AuditRecord, options: LineOptions): string {
  const { subject, revision, error, tookMs } = record;
  const { ranges, target } = subject;
  const more = ranges.length - AUDIT_RANGES_MAX;
  const keys = record.withKeys && ranges.length > 0;
  const line = {
    time: new Date(record.timeMs).toISOString(),
    user: cut(record.user),
    auth: record.how,
    remote: record.remote,
    method: record.method,
    ...(keys ? { keys: ranges.slice(0, AUDIT_RANGES_MAX).map((r) => shown(r, options)) } : {}),
    ...(keys && more > 0 ? { more_keys: more } : {}),
    ...(target === "" ? {} : { target: cut(target) }),
    ...(revision === undefined ? {} : { revision }),
    outcome: record.outcome,
    ...(error === "" ? {} : { error: cut(error) }),
    ...(tookMs === undefined ? {} : { took_ms: Math.round(tookMs * 1000) / 1000 }),
  };
  return `${JSON.stringify(line)}\n`;
}

function shown({ key, end, access }: KeyRange, options: LineOptions): Record<string, string> {
  return {
    ...keyFields("key", key, options),
    ...(end.length === 0 ? {} : keyFields("end", end, options)),
    access,
  };
}

/** `key` for UTF-8, `key_base64` for other bytes, `key_sha256` (hex) on request and for long ones. */
function keyFields(
  name: string,
  bytes: Uint8Array,
  { digests, hashKeys }: LineOptions,
): Record<string, string> {
  // "Everything from here on" is no key.
  const isOpenEnd = name === "end" && bytes.length === 1 && bytes[0] === 0;
  if ((hashKeys && !isOpenEnd) || bytes.length > AUDIT_KEY_BYTES_MAX) {
    const sum = digests.sha256();
    sum.update(bytes);
    return { [`${name}_sha256`]: Buffer.from(sum.finish()).toString("hex") };
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8");
  if (!text.includes("\ufffd")) return { [name]: text };
  return { [`${name}_base64`]: buffer.toString("base64") };
}
