import type { HttpReply } from "../http/exchange.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Call } from "./call.ts";
import { formOf, metadataOf, present } from "./present.ts";
import { jsonReply } from "./reply.ts";
import { tableOf } from "./tables/table.ts";

/** The answer that is one object, as stored. */
export function objectReply(call: Call, object: KubeObject, status = 200): HttpReply {
  const { served } = call.target;
  const form = formOf(call);
  if (form === "table") {
    const { resourceVersion = "" } = object.metadata;
    return jsonReply(tableOf(call, [object], { resourceVersion }), { status });
  }
  const shown = present(served, object);
  return jsonReply(form === "metadata" ? metadataOf(shown) : shown, { status });
}
