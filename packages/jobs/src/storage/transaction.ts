import {
  type Client,
  compare,
  type Comparison,
  type KeyValue,
  type Op,
  op,
  type OpResult,
} from "@nodetcd/client";
import {
  alreadyExists,
  type ApiError,
  badRequest,
  conflict,
  MODIFIED,
  notFound,
} from "../errors.ts";
import { TRANSACTION_CHANGES_MAX } from "../limits.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Resource } from "../objects/resource.ts";
import { decodeObject, encodeObject } from "./encode.ts";
import { objectKey } from "./keys.ts";

/** One part of a transaction. Objects to create are complete (`newObject`). */
export type Change =
  | {
      readonly kind: "create";
      readonly resource: Resource;
      readonly object: KubeObject;
      lease?: bigint;
    }
  /** Takes the place of the object with this `metadata.resourceVersion`. */
  | { readonly kind: "update"; readonly resource: Resource; readonly object: KubeObject }
  | {
      readonly kind: "delete";
      readonly resource: Resource;
      /** As it was read: its name, namespace and resource version count. */
      readonly object: KubeObject;
    }
  /** Nothing is changed, but the object must be as it was read, or `absent`. */
  | {
      readonly kind: "require";
      readonly resource: Resource;
      readonly object: KubeObject;
      readonly absent?: boolean;
    };

interface Step {
  readonly change: Change;
  readonly key: string;
  readonly absent: boolean;
  readonly revision: number;
}

function step(prefix: string, change: Change): Step {
  const { resource, object } = change;
  const { namespace = "", name, resourceVersion = "" } = object.metadata;
  const absent = change.kind === "create" || (change.kind === "require" && change.absent === true);
  const revision = absent ? 0 : Number(resourceVersion);
  if (!absent && !(revision > 0)) {
    throw badRequest(
      `metadata.resourceVersion: Invalid value: "${resourceVersion}": must be specified for an update`,
    );
  }
  return { change, key: objectKey(prefix, resource, namespace, name), absent, revision };
}

function condition({ key, absent, revision }: Step): Comparison {
  return absent ? compare.modRevision(key, "=", 0) : compare.modRevision(key, "=", revision);
}

function operation({ change, key }: Step): Op[] {
  switch (change.kind) {
    case "create": {
      const { lease } = change;
      return [op.put(key, encodeObject(change.object), lease === undefined ? {} : { lease })];
    }
    case "update":
      // The lease of an event that expires stays.
      return [op.put(key, encodeObject(change.object), { ignoreLease: true })];
    case "delete":
      return [op.delete(key)];
    case "require":
      return [];
  }
}

/** Why this step does not hold, given what is there; `undefined` when it does hold. */
function problem(
  { change, absent, revision }: Step,
  found: KeyValue | undefined,
): ApiError | undefined {
  const { resource, object } = change;
  const { name, uid } = object.metadata;
  if (absent) return found === undefined ? undefined : alreadyExists(resource, name);
  if (found === undefined) return notFound(resource, name);
  if (found.modRevision === revision) return undefined;
  const there = decodeObject(found).metadata.uid;
  if (uid !== undefined && there !== undefined && uid !== there) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${there}`;
    return conflict(resource, name, why);
  }
  return conflict(resource, name, MODIFIED);
}

function foundIn(result: OpResult | undefined): KeyValue | undefined {
  return result?.kind === "range" ? result.keyValues[0] : undefined;
}

/**
 * Makes all changes at one revision, or none of them. Gives that revision; every object that was put has it as its
 * resource version from then on. Raises what the first change that cannot be made says: `AlreadyExists`, `NotFound` or
 * `Conflict`.
 */
export async function commitChanges(
  client: Client,
  prefix: string,
  changes: readonly Change[],
): Promise<number> {
  if (changes.length === 0 || changes.length > TRANSACTION_CHANGES_MAX) {
    throw badRequest(
      `A transaction has 1 to ${TRANSACTION_CHANGES_MAX} changes, not ${changes.length}`,
    );
  }
  const steps = changes.map((change) => step(prefix, change));
  const { succeeded, revision, results } = await client
    .txn()
    .if(...steps.map(condition))
    .then(...steps.flatMap(operation))
    .else(...steps.map(({ key }) => op.range(key)))
    .commit();
  if (succeeded) return revision;
  for (const [index, each] of steps.entries()) {
    const error = problem(each, foundIn(results[index]));
    if (error !== undefined) throw error;
  }
  const { resource, object } = changes[0]!;
  throw conflict(resource, object.metadata.name, MODIFIED);
}
