/** The buckets of users, roles, and the switch with its revision. */
export type AuthBucket = "auth" | "authUsers" | "authRoles";

/** What the store of users and roles needs of a backend. Rules of borrowing are those of `@nodetcd/backend`. */
export interface BackendLike {
  get(bucket: AuthBucket, key: Uint8Array): Uint8Array | undefined;
  /** Borrows key and value until they are committed. */
  put(bucket: AuthBucket, key: Uint8Array, value: Uint8Array): void;
  delete(bucket: AuthBucket, key: Uint8Array): void;
  /** Visits [start, end) in order; `limit` 0 is all. Lent bytes live until the turn ends. */
  range(
    bucket: AuthBucket,
    start: Uint8Array,
    end: Uint8Array | undefined,
    limit: number,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void;
}
