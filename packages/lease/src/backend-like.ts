/** What the lessor needs of a backend. Rules of borrowing are those of `@nodetcd/backend`. */
export interface BackendLike {
  /** Borrows key and value until they are committed. */
  put(bucket: "lease", key: Uint8Array, value: Uint8Array): void;
  delete(bucket: "lease", key: Uint8Array): void;
  /** Visits [start, end) in order; `limit` 0 is all. Lent bytes live until the turn ends. */
  range(
    bucket: "lease",
    start: Uint8Array,
    end: Uint8Array | undefined,
    limit: number,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void;
}
