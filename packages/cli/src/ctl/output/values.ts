import { EventType } from "@nodetcd/messages";

/** Text that stands for any bytes: one character a byte. It is written as latin1, so nothing is lost. */
export function raw(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Text in the same form. */
export function rawText(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** `\x66\x6f`, a group of four characters for each hexadecimal *pair*. */
export function hexEscapes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Go's `%x` of an id. */
export function hex(id: bigint): string {
  return id < 0n ? `-${(-id).toString(16)}` : id.toString(16);
}

/** Go's `%016x`. */
export function hex16(id: bigint): string {
  return id < 0n ? `-${(-id).toString(16).padStart(15, "0")}` : id.toString(16).padStart(16, "0");
}

/** Go's `%16x`. */
export function wideHex(id: bigint): string {
  return id.toString(16).padStart(16, " ");
}

export function eventName(type: number): string {
  if (type === EventType.PUT) return "PUT";
  return type === EventType.DELETE ? "DELETE" : String(type);
}

export const ALARM_NAMES: readonly string[] = ["NONE", "NOSPACE", "CORRUPT"];
export const PERMISSION_NAMES: readonly string[] = ["READ", "WRITE", "READWRITE"];

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes for people, in powers of 1,000: `9 B`, `1.1 kB`, `25 kB`. */
export function humanBytes(size: number): string {
  if (size < 10) return `${size} B`;
  const exponent = Math.floor(Math.log10(size) / 3 + 1e-12);
  const value = Math.floor((size / 1_000 ** exponent) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : halfToEven(value)} ${UNITS[exponent]!}`;
}

/** Rounds as Go's `%.0f`: 20.5 is 20, 21.5 is 22. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
