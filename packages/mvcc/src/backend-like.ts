/** What the store needs of a backend. Rules of borrowing are those of `@nodetcd/backend`. */
export interface BackendLike {
  /** Sees what was put and not yet committed. Borrowed until this turn of the loop ends. */
  get(bucket: "key" | "meta", key: Uint8Array): Uint8Array | undefined;
  /** Borrows key and value until they are committed. */
  put(bucket: "key" | "meta", key: Uint8Array, value: Uint8Array): void;
  delete(bucket: "key" | "meta", key: Uint8Array): void;
  /** Visits [start, end) in order; `limit` 0 is all; a visit that answers false is the last. */
  range(
    bucket: "key" | "meta",
    start: Uint8Array,
    end: Uint8Array | undefined,
    limit: number,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void;
  /** Resolves when everything put before the call is on disk. */
  commit(): Promise<void>;
}

/** What the store needs of the leases. Keys are borrowed for the call. */
export interface KeyLeases {
  attach(lease: bigint, key: Uint8Array): void;
  detach(lease: bigint, key: Uint8Array): void;
  /** The lease a key is attached to, 0n for none. */
  leaseOf(key: Uint8Array): bigint;
}

/** For stores whose keys have no leases, such as those of offline tools. */
export const noLeases: KeyLeases = {
  attach: () => undefined,
  detach: () => undefined,
  leaseOf: () => 0n,
};
