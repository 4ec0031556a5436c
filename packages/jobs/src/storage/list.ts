import { type Client, EtcdError } from "@nodetcd/client";
import { ApiError, badRequest } from "../errors.ts";
import { LIST_PAGE_MAX } from "../limits.ts";
import type { KubeObject, LabelSelector } from "../objects/meta.ts";
import type { Resource } from "../objects/resource.ts";
import { fieldSelector } from "../objects/select-fields.ts";
import { labelSelector } from "../objects/select-labels.ts";
import { decodeObject } from "./encode.ts";
import { listPrefix, objectKey } from "./keys.ts";

export interface Selection {
  /** Default: all namespaces. */
  namespace?: string;
  labelSelector?: string | LabelSelector;
  fieldSelector?: string;
}

export interface ListOptions extends Selection {
  /** At most so many objects; the rest with `continue`. Default 0: all. */
  limit?: number;
  /** What the list before gave. */
  continue?: string;
  /** As things were at this revision. Default: now. */
  revision?: number;
}

export interface ObjectList<T extends KubeObject> {
  items: T[];
  /** The revision that the list shows; watch from here on. */
  resourceVersion: string;
  /** Present when `limit` cut the list. */
  continue?: string;
  /** How many more there are, when no selector was given. */
  remainingItemCount?: number;
}

/** True for the objects of a selection, and the key range that has them all. */
export interface Chosen {
  readonly matches: (object: KubeObject) => boolean;
  readonly prefix: string;
  /** One single key instead of the prefix. */
  readonly key: string | undefined;
  readonly everything: boolean;
}

export function choose(prefix: string, resource: Resource, selection: Selection): Chosen {
  const labels = labelSelector(selection.labelSelector ?? "");
  const fields = fieldSelector(resource, selection.fieldSelector ?? "");
  const namespace = selection.namespace ?? fields.namespace ?? "";
  const single = fields.name !== undefined && (namespace !== "" || !resource.namespaced);
  return {
    matches: (object) => labels(object.metadata.labels) && fields.matches(object),
    prefix: listPrefix(prefix, resource, namespace),
    key: single ? objectKey(prefix, resource, namespace, fields.name ?? "") : undefined,
    everything: (selection.labelSelector ?? "") === "" && (selection.fieldSelector ?? "") === "",
  };
}

/** Where a list goes on: at a revision (0: now), behind the key that was given last. */
interface Continuation {
  readonly rv: number;
  readonly start: string;
}

function writeToken({ rv, start }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv, start })).toString("base64url");
}

function readToken(token: string): Continuation {
  try {
    const read = JSON.parse(Buffer.from(token, "base64url").toString()) as Partial<Continuation>;
    const { rv, start } = read;
    if (typeof rv === "number" && Number.isSafeInteger(rv) && typeof start === "string") {
      return { rv, start };
    }
  } catch {
    // Said below.
  }
  throw badRequest("continue key is not valid: it is not a token that a list here gave");
}

function expired(start: string): ApiError {
  return new ApiError(
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    { continueToken: writeToken({ rv: 0, start }) },
  );
}

interface Page {
  readonly from: string;
  readonly end: string;
  readonly revision: number;
  readonly limit: number;
}

/** The first key behind all that begin with this prefix, which ends with a slash. */
function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

async function listOne<T extends KubeObject>(
  client: Client,
  key: string,
  chosen: Chosen,
  revision: number,
): Promise<ObjectList<T>> {
  const answer = await client.range(key, { revision });
  const items = answer.keyValues.map((stored) => decodeObject<T>(stored)).filter(chosen.matches);
  return { items, resourceVersion: String(revision === 0 ? answer.revision : revision) };
}

/** See `ObjectStore.list`. */
export async function listObjects<T extends KubeObject>(
  client: Client,
  prefix: string,
  resource: Resource<T>,
  options: ListOptions,
): Promise<ObjectList<T>> {
  const chosen = choose(prefix, resource, options);
  const token = options.continue === undefined ? undefined : readToken(options.continue);
  let revision = token?.rv ?? options.revision ?? 0;
  if (chosen.key !== undefined) return await listOne(client, chosen.key, chosen, revision);
  const { limit = 0 } = options;
  const end = endOf(chosen.prefix);
  let from = chosen.prefix + (token?.start ?? "");
  const items: T[] = [];
  for (;;) {
    const missing = limit === 0 ? LIST_PAGE_MAX : limit - items.length;
    // A selector may pass over many; a page then is no shorter than it has to be.
    const size = chosen.everything ? Math.min(missing, LIST_PAGE_MAX) : LIST_PAGE_MAX;
    const page = { from, end, revision, limit: size };
    const answer = await readPage(client, page, from.slice(chosen.prefix.length));
    revision ||= answer.revision;
    let read = 0;
    for (const stored of answer.keyValues) {
      read++;
      from = `${stored.keyText()}\0`;
      const object = decodeObject<T>(stored);
      if (chosen.matches(object)) items.push(object);
      if (limit > 0 && items.length === limit) break;
    }
    const remaining = answer.count - read;
    const resourceVersion = String(revision);
    if (remaining === 0) return { items, resourceVersion };
    if (limit > 0 && items.length === limit) {
      const start = from.slice(chosen.prefix.length);
      return {
        items,
        resourceVersion,
        continue: writeToken({ rv: revision, start }),
        ...(chosen.everything ? { remainingItemCount: remaining } : {}),
      };
    }
  }
}

async function readPage(
  client: Client,
  { from, end, revision, limit }: Page,
  start: string,
): Promise<Awaited<ReturnType<Client["range"]>>> {
  try {
    return await client.range(from, { end, revision, limit });
  } catch (error) {
    if (error instanceof EtcdError && error.code === "COMPACTED") {
      if (start !== "") throw expired(start);
      throw new ApiError("Expired", `The resourceVersion for the provided list is too old.`);
    }
    throw error;
  }
}
