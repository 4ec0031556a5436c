/** A key in JSON: base64url of its bytes, without padding. */
export type KeyId = string;

/** One line of the tree below a prefix. */
export interface TreeEntry {
  /** The whole key, or the whole prefix with its delimiter at the end. */
  readonly id: KeyId;
  readonly kind: "folder" | "key" | "deleted";
  /** Keys in a folder; missing when it was not counted. */
  readonly count?: number;
  readonly modRevision?: number;
}

export interface TreePage {
  readonly entries: readonly TreeEntry[];
  /** Revision that this page shows; pages after it ask for the same. */
  readonly revision: number;
  /** Where the next page goes on; missing at the end. */
  readonly next?: KeyId;
  /** Keys of the whole prefix. */
  readonly total: number;
  /** What the person's roles let them see, in words, when that is not everything. */
  readonly restricted?: readonly string[];
}

export interface KeyMeta {
  readonly id: KeyId;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 64-bit lease id in hexadecimal; missing when there is none. */
  readonly lease?: string;
  readonly size: number;
}

export interface KeyValueView extends KeyMeta {
  /** Base64 of the value, at most `VALUE_BYTES` of it. */
  readonly value: string;
  readonly truncated: boolean;
  /** Store revision that was read. */
  readonly revision: number;
}

/** Answer for a key that is not there. */
export interface KeyMissing {
  readonly id: KeyId;
  readonly missing: true;
  readonly revision: number;
}

export interface SearchPage {
  readonly keys: readonly { readonly id: KeyId }[];
  readonly scanned: number;
  readonly total: number;
  readonly next?: KeyId;
  readonly revision: number;
}

export interface PutBody {
  readonly key: KeyId;
  /** Base64 of the new value. */
  readonly value: string;
  /** Written only if the key was last changed at this revision; 0: only if there is none. */
  readonly expect: number;
  /** Keep the lease that the key has. */
  readonly keepLease: boolean;
}

export type WriteResult =
  | { readonly written: true; readonly revision: number; readonly count: number }
  | { readonly written: false; readonly current: KeyValueView | KeyMissing };

/** Deletes single keys, or everything under a prefix, if it is still what was previewed. */
export type DeleteBody =
  | { readonly keys: readonly { readonly key: KeyId; readonly expect: number }[] }
  | {
      readonly prefix: KeyId;
      readonly expectCount: number;
      readonly revision: number;
      readonly name: string;
    };

export interface ImportBody {
  readonly lines: readonly { readonly key: KeyId; readonly value: string }[];
  /** What happens to keys that are there already. */
  readonly existing: "keep" | "replace";
}

export interface ImportResult {
  readonly written: number;
  readonly kept: number;
  readonly revision: number;
}
