import { parse } from "yaml";
import { applyFields } from "../apply/server-side-apply.ts";
import { ApiError, badRequest, isReason } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { KubeObject } from "../objects/meta.ts";
import { type Call, queryFlag } from "./call.ts";
import { createObject } from "./create.ts";
import { changeOf } from "./field-manager.ts";
import { objectReply } from "./object-reply.ts";
import { fitObject, unsupportedType } from "./read-body.ts";
import { apiVersionOf } from "./served.ts";
import { changeObject } from "./update.ts";

type Json = Record<string, unknown>;

function readYaml(bytes: Uint8Array): Json {
  let value: unknown;
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    value = text.trimStart().startsWith("{") ? JSON.parse(text) : parse(text, { version: "1.1" });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`error decoding YAML: ${why}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw badRequest("error decoding YAML: it is not an object");
}

function strict(why: string): ApiError {
  return badRequest(`error decoding YAML: ${why}`);
}

/** What was applied, with the defaults of nobody: only what the client says. */
function readApplied(call: Call, bytes: Uint8Array): KubeObject {
  const { served, name } = call.target;
  const body = readYaml(bytes);
  const apiVersion = apiVersionOf(served);
  const { kind } = served.resource;
  if (body["apiVersion"] !== apiVersion || body["kind"] !== kind) {
    throw badRequest(
      `invalid object type: ${String(body["apiVersion"])}, Kind=${String(body["kind"])}; expected ${apiVersion}, Kind=${kind}`,
    );
  }
  const applied = fitObject(call, body, strict);
  const { metadata } = applied;
  if (metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  if (metadata.name === "") metadata.name = name;
  if (metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  return applied;
}

/** Server-side apply: changes the object, or creates it when there is none. */
export async function apply(call: Call, bytes: Uint8Array): Promise<HttpReply> {
  const change = changeOf(call, "Apply");
  if (change === undefined) throw unsupportedType(["application/json-patch+json"]);
  const applied = readApplied(call, bytes);
  const force = queryFlag(call.request.query, "force");
  const { resourceVersion } = applied.metadata;
  const { apiVersion: _, kind: __, ...content } = applied as KubeObject & Json;
  try {
    const changed = await changeObject(
      call,
      (shown) => {
        const next = applyFields(shown, content, change, force);
        if (resourceVersion === undefined) delete next.metadata.resourceVersion;
        return next;
      },
      "tracked",
    );
    return objectReply(call, changed);
  } catch (error) {
    const absent = isReason(error, "NotFound") && resourceVersion === undefined;
    if (!absent || call.target.subresource !== undefined) throw error;
    const blank: KubeObject = {
      apiVersion: applied.apiVersion,
      kind: applied.kind,
      metadata: { name: applied.metadata.name },
    };
    const created = applyFields(blank, content, change, force);
    return objectReply(call, await createObject(call, created, "tracked"), 201);
  }
}
