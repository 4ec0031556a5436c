/** Every bucket of etcd's file, by the name it has in this program. The values are the names on disk. */
export const BUCKETS = {
  key: "key",
  meta: "meta",
  lease: "lease",
  alarm: "alarm",
  cluster: "cluster",
  members: "members",
  membersRemoved: "members_removed",
  auth: "auth",
  authUsers: "authUsers",
  authRoles: "authRoles",
} as const;

export type BucketName = (typeof BUCKETS)[keyof typeof BUCKETS];

/** Name of a bucket on disk, as bytes. */
export const BUCKET_BYTES: ReadonlyMap<BucketName, Uint8Array> = new Map(
  Object.values(BUCKETS).map((name) => [name, Buffer.from(name)]),
);

/**
 * How full a split leaves the first page (0.1 to 1): `key` only ever grows at its end, so that a page there is never
 * put into again and may be full. Undefined for the others.
 *
 * @param name on disk
 */
export function fillPercentOf(name: string): number | undefined {
  return name === BUCKETS.key ? 1 : undefined;
}
