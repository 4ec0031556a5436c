import type { KeyId } from "./keys.ts";

/** What one prefix holds and takes. Bytes are those of keys and values, without etcd's own. */
export interface SpaceEntry {
  readonly id: KeyId;
  readonly kind: "folder" | "key";
  readonly keys: number;
  /** Bytes of the newest values with their keys. */
  readonly live: number;
  /** True when `live` was reckoned from a sample of values. */
  readonly sampled: boolean;
  /** Bytes of older versions; missing before history was measured. */
  readonly history?: number;
  readonly versions?: number;
  /** Changes a second since the heat is measured; missing when it is not. */
  readonly writes?: number;
}

export interface SpaceView {
  readonly prefix: KeyId;
  readonly revision: number;
  readonly entries: readonly SpaceEntry[];
  /** True when there are more entries than were looked at. */
  readonly more: boolean;
  readonly heat: { readonly since: number; readonly seconds: number; readonly events: number };
  /** The keys that were written most since the heat is measured, as far as the person may read them. */
  readonly top: readonly TopKeyView[];
  /** The reading of history that is under way, or was the last; missing before there was one. */
  readonly measured?: MeasureView;
}

export interface TopKeyView {
  readonly id: KeyId;
  readonly writes: number;
  /** Changes and bytes a second. */
  readonly rate: number;
  readonly bytesRate: number;
  /** Lease of the newest version in hexadecimal: whoever keeps it alive writes. */
  readonly lease?: string;
}

export interface MeasureView {
  /** Versions that were read so far. */
  readonly versions: number;
  readonly revision: number;
  /** When it ended; missing while it goes on. */
  readonly at?: number;
  readonly error?: string;
}
