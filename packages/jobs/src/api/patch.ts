import { ApiError, badRequest } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { KubeObject } from "../objects/meta.ts";
import { jsonPatch, readJsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicMerge } from "../patch/strategic-merge.ts";
import { typeOf } from "../schema/types.ts";
import { apply } from "./apply.ts";
import type { Call } from "./call.ts";
import { objectReply } from "./object-reply.ts";
import {
  contentType,
  fitObject,
  parseJson,
  parseJsonValue,
  readBytes,
  unsupportedType,
} from "./read-body.ts";
import { changeObject } from "./update.ts";

type Json = Record<string, unknown>;
type Patch = (shown: Json) => Json;

const JSON_PATCH = "application/json-patch+json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";

function read({ request, target }: Call, bytes: Uint8Array): Patch {
  switch (contentType(request)) {
    case JSON_PATCH: {
      const operations = readJsonPatch(parseJsonValue(bytes));
      return (shown) => jsonPatch(shown, operations);
    }
    case MERGE: {
      const patch = parseJson(bytes);
      return (shown) => mergePatch(shown, patch) as Json;
    }
    case STRATEGIC: {
      const patch = parseJson(bytes);
      const type = typeOf(target.served.group, target.served.resource.kind);
      if (type === undefined) throw unsupportedType([JSON_PATCH, MERGE]);
      return (shown) => strategicMerge(shown, patch, type);
    }
    default:
      throw unsupportedType([JSON_PATCH, MERGE, STRATEGIC, APPLY]);
  }
}

/** A patch that brings in fields that the kind does not have. */
function strictProblem(bytes: Uint8Array, why: string): ApiError {
  const text = JSON.stringify(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  const message = `Invalid value: ${text}: ${why}`;
  return new ApiError("Invalid", ` "" is invalid: patch: ${message}`, {
    details: { causes: [{ reason: "FieldValueInvalid", message, field: "patch" }] },
  });
}

export async function patch(call: Call): Promise<HttpReply> {
  const bytes = await readBytes(call.request);
  if (contentType(call.request) === APPLY) return await apply(call, bytes);
  const change = read(call, bytes);
  const changed = await changeObject(call, (shown: KubeObject) => {
    const { apiVersion, kind } = shown;
    const next = change({ ...shown });
    if (next["apiVersion"] !== apiVersion || next["kind"] !== kind) {
      throw badRequest("a patch may not change apiVersion or kind");
    }
    return fitObject(call, next, (why) => strictProblem(bytes, why));
  });
  return objectReply(call, changed);
}
