import { ApiError, badRequest } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { ListOptions, ObjectList, Selection } from "../storage/list.ts";
import type { KubeObject } from "../objects/meta.ts";
import { type Call, queryNumber } from "./call.ts";
import { formOf, present } from "./present.ts";
import { jsonReply } from "./reply.ts";
import { apiVersionOf } from "./served.ts";
import { tableOf } from "./tables/table.ts";

/** Namespace and selectors of a request for several objects. */
export function selectionOf({ target, request }: Call): Selection {
  const { query } = request;
  const labels = query.get("labelSelector") ?? "";
  const fields = [query.get("fieldSelector") ?? ""];
  // A list of one name is how some clients ask for a collection with a name in its path.
  if (target.name !== "") fields.push(`metadata.name=${target.name}`);
  return {
    ...(target.namespace === "" ? {} : { namespace: target.namespace }),
    labelSelector: labels,
    fieldSelector: fields.filter((text) => text !== "").join(","),
  };
}

function resourceVersionOf(query: URLSearchParams): number | undefined {
  const text = query.get("resourceVersion") ?? "";
  if (text === "") return undefined;
  const version = Number(text);
  if (Number.isSafeInteger(version) && version >= 0) return version;
  throw badRequest(`resourceVersion: Invalid value: "${text}": must be a decimal number`);
}

function optionsOf(call: Call): ListOptions {
  const { query } = call.request;
  const limit = queryNumber(query, "limit") ?? 0;
  const token = query.get("continue") ?? "";
  const version = resourceVersionOf(query);
  const exact = query.get("resourceVersionMatch") === "Exact";
  if (token !== "" && version !== undefined && version > 0) {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  return {
    ...selectionOf(call),
    limit,
    ...(token === "" ? {} : { continue: token }),
    ...(exact && version !== undefined ? { revision: version } : {}),
  };
}

/** A revision that the store has not reached: the client saw another store, or this one was set back. */
function checkNotAhead(call: Call, { resourceVersion }: ObjectList<KubeObject>): void {
  const asked = resourceVersionOf(call.request.query) ?? 0;
  if (asked <= Number(resourceVersion)) return;
  throw new ApiError(
    "Timeout",
    `Too large resource version: ${asked}, current: ${resourceVersion}`,
    {
      details: {
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        retryAfterSeconds: 1,
      },
    },
  );
}

export async function list(call: Call): Promise<HttpReply> {
  const { served } = call.target;
  const form = formOf(call);
  const found = await call.api.store.list(served.resource, optionsOf(call));
  checkNotAhead(call, found);
  const { items, ...metadata } = found;
  if (form === "table") return jsonReply(tableOf(call, items, metadata));
  const shown = items.map((object) => {
    const { apiVersion: _, kind: __, ...rest } = present(served, object);
    return form === "metadata" ? { metadata: rest.metadata } : rest;
  });
  const kind = form === "metadata" ? "PartialObjectMetadata" : served.resource.kind;
  const apiVersion = form === "metadata" ? "meta.k8s.io/v1" : apiVersionOf(served);
  return jsonReply({ kind: `${kind}List`, apiVersion, metadata, items: shown });
}
