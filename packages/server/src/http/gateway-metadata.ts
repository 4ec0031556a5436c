import { type Metadata, RpcError, Status } from "@nodetcd/grpc";

const PREFIX = "grpc-metadata-";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** As Go writes it: `Grpc-Metadata-Foo-Bin`. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Of the first byte that base64 cannot have there. */
function badByte(value: string): number {
  const at = value.search(/[^A-Za-z0-9+/]/);
  return at < 0 ? value.length - (value.length % 4) : at;
}

/** What a call gets of the headers of its request; raises the `RpcError` that refuses it. */
export function callMetadata(headers: ReadonlyMap<string, string>): Metadata {
  const metadata = new Map<string, string>();
  const authorization = headers.get("authorization");
  if (authorization !== undefined) metadata.set("authorization", authorization);
  for (const [header, value] of headers) {
    if (!header.startsWith(PREFIX) || header.length === PREFIX.length) continue;
    const name = header.slice(PREFIX.length);
    if (name.endsWith("-bin")) {
      if (!BASE64.test(value)) {
        const text = `invalid binary header ${canonical(header)}: illegal base64 data at input byte ${badByte(value)}`;
        throw new RpcError(Status.INVALID_ARGUMENT, text);
      }
    } else if (/[^\x20-\x7e]/.test(value)) continue;
    metadata.set(name, value);
  }
  return metadata;
}

/** Milliseconds of the units of `Grpc-Timeout`. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** What timers can count, in milliseconds: 24 days. Later deadlines are none. */
const TIMEOUT_MAX_MS = 0x7fff_ffff;

/** The milliseconds of the header `Grpc-Timeout`; undefined: for ever. */
export function callTimeoutMs(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get("grpc-timeout");
  if (text === undefined) return undefined;
  const [, digits, unit] = /^([+-]?\d{1,18})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) {
    throw new RpcError(Status.INVALID_ARGUMENT, `invalid grpc-timeout: ${text}`);
  }
  const milliseconds = Number(digits) * UNITS[unit]!;
  if (milliseconds === 0 || milliseconds > TIMEOUT_MAX_MS) return undefined;
  // Too short for any answer, whatever the timer's grain is.
  if (milliseconds < 1) {
    throw new RpcError(Status.DEADLINE_EXCEEDED, "context deadline exceeded");
  }
  return milliseconds;
}
