import { BUCKETS, type Backend } from "@nodetcd/backend";

const STORAGE_VERSION_KEY = Buffer.from("storageVersion");

/** The schema that the database has; undefined in one that was never told, which means 3.5. */
export function storageVersion(backend: Backend): string | undefined {
  const stored = backend.get(BUCKETS.meta, STORAGE_VERSION_KEY);
  return stored === undefined ? undefined : Buffer.from(stored).toString();
}

/** From 3.6 on the schemas differ in this mark alone. */
export function setStorageVersion(backend: Backend, version: string): void {
  backend.put(BUCKETS.meta, STORAGE_VERSION_KEY, Buffer.from(version));
}
