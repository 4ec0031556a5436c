/** Reads of a `WatchResponse` only what the load counts: decoding everything would measure the load. */

export interface Seen {
  watchId: number;
  created: boolean;
  canceled: boolean;
  events: number;
  /** `now()` of the put, from the last 8 bytes of the last event's value; NaN without events. */
  sentAt: number;
}

const WATCH_ID = 2;
const CREATED = 3;
const CANCELED = 4;
const EVENTS = 11;
const STAMP_BYTES = 8;

/** Milliseconds of a clock that all processes of the machine share. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

let at = 0;

function varint(bytes: Uint8Array): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]!;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
}

/** Fills `seen`. Pairs without a lease and no previous pairs: then the value is the end of its event. */
export function readResponse(bytes: Uint8Array, seen: Seen): void {
  seen.watchId = 0;
  seen.created = false;
  seen.canceled = false;
  seen.events = 0;
  seen.sentAt = NaN;
  at = 0;
  let last = 0;
  while (at < bytes.length) {
    const tag = varint(bytes);
    const value = varint(bytes);
    if ((tag & 7) === 2) at += value;
    if (tag >>> 3 === WATCH_ID) seen.watchId = value;
    else if (tag >>> 3 === CREATED) seen.created = value === 1;
    else if (tag >>> 3 === CANCELED) seen.canceled = value === 1;
    else if (tag >>> 3 === EVENTS) {
      seen.events++;
      last = at;
    }
  }
  if (last < STAMP_BYTES) return;
  seen.sentAt = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(
    last - STAMP_BYTES,
  );
}

/** A value of `size` bytes that ends with the present moment; owned. */
export function stampedValue(size: number): Uint8Array {
  const value = Buffer.alloc(size, "v");
  value.writeDoubleBE(now(), size - STAMP_BYTES);
  return value;
}
