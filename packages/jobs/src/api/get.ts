import type { HttpReply } from "../http/exchange.ts";
import type { Call } from "./call.ts";
import { objectReply } from "./object-reply.ts";

export async function get(call: Call): Promise<HttpReply> {
  const { served, namespace, name } = call.target;
  return objectReply(call, await call.api.store.get(served.resource, namespace, name));
}
