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
  /** Bytes of versions before the newest; missing before a snapshot was measured. */
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
  /** The snapshot that history was measured from, if one was. */
  readonly measured?: { readonly at: number; readonly revision: number };
}
