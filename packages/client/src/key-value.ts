import type { KeyValue as WireKeyValue } from "@nodetcd/messages";
import { copyBytes, toText } from "./bytes-like.ts";

/** A key with its value and its place in history. Bytes are owned: they are copies of the reply. */
export class KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Store revision at which the key came into being (again). */
  readonly createRevision: number;
  /** Store revision of the last change. */
  readonly modRevision: number;
  /** Changes since it came into being: 1 for a new key. 0 in a delete event. */
  readonly version: number;
  /** The lease that the key goes with, or `0n`. */
  readonly lease: bigint;

  constructor(wire: WireKeyValue) {
    this.key = copyBytes(wire.key);
    this.value = copyBytes(wire.value);
    this.createRevision = wire.createRevision;
    this.modRevision = wire.modRevision;
    this.version = wire.version;
    this.lease = wire.lease;
  }

  /** The key as UTF-8 text. */
  keyText(): string {
    return toText(this.key);
  }

  /** The value as UTF-8 text. */
  text(): string {
    return toText(this.value);
  }

  /** The value parsed as JSON. Raises `SyntaxError` when it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

/** `undefined` stays `undefined`. */
export function keyValueOf(wire: WireKeyValue | undefined): KeyValue | undefined {
  return wire === undefined ? undefined : new KeyValue(wire);
}
