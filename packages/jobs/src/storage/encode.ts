import { ApiError } from "../errors.ts";
import type { KubeObject } from "../objects/meta.ts";

/** The value of an object: JSON without its resource version, which is etcd's own revision. */
export function encodeObject(object: KubeObject): string {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

/** What etcd holds, as far as it is needed here. */
export interface StoredValue {
  readonly modRevision: number;
  text(): string;
  keyText(): string;
}

/** The object of a stored value, of its own: nobody else has it. */
export function decodeObject<T extends KubeObject>(stored: StoredValue, revision?: number): T {
  const text = stored.text();
  if (!text.startsWith("{")) {
    throw new ApiError(
      "InternalError",
      `The value of ${stored.keyText()} in etcd is not JSON. It was written by another API server, and cannot be read here`,
    );
  }
  const object = JSON.parse(text) as T;
  object.metadata.resourceVersion = String(revision ?? stored.modRevision);
  return object;
}
