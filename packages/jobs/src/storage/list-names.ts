import type { Client } from "@nodetcd/client";
import { NAMES_PAGE } from "../limits.ts";
import type { Resource } from "../objects/resource.ts";
import { listPrefix } from "./keys.ts";

/** An object without its contents. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
}

/** Names of the objects of a namespace ("": of all) that begin so, in order; what is in them is not read. */
export async function listNames(
  client: Client,
  prefix: string,
  resource: Resource,
  namespace: string,
  beginning: string,
): Promise<ObjectName[]> {
  const root = listPrefix(prefix, resource, "");
  const names: ObjectName[] = [];
  const start = `${listPrefix(prefix, resource, namespace)}${beginning}`;
  const end = `${start.slice(0, -1)}${String.fromCharCode(start.charCodeAt(start.length - 1) + 1)}`;
  for (let from = start; ;) {
    const page = await client.range(from, { end, keysOnly: true, limit: NAMES_PAGE });
    for (const stored of page.keyValues) {
      const [space = "", name = ""] = stored.keyText().slice(root.length).split("/");
      names.push({ namespace: space, name, resourceVersion: String(stored.modRevision) });
      from = `${stored.keyText()}\0`;
    }
    if (page.count === page.keyValues.length) return names;
  }
}
