import { ApiError, badRequest } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { KubeObject } from "../objects/meta.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import type { Call } from "./call.ts";
import { objectReply } from "./object-reply.ts";
import { contentType, parseJson, readBytes, toObject } from "./read-body.ts";
import { changeObject } from "./update.ts";

type Patch = (shown: KubeObject) => Record<string, unknown>;

async function read(call: Call): Promise<Patch> {
  const { request } = call;
  const type = contentType(request);
  const bytes = await readBytes(request);
  switch (type) {
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json": {
      const body = parseJson(bytes);
      return (shown) => mergePatch(shown, body) as Record<string, unknown>;
    }
    default:
      throw new ApiError(
        "UnsupportedMediaType",
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml`,
      );
  }
}

export async function patch(call: Call): Promise<HttpReply> {
  const apply = await read(call);
  const changed = await changeObject(call, (shown) => {
    const { apiVersion, kind } = shown;
    const next = toObject(apply(shown));
    if (next.apiVersion !== apiVersion || next.kind !== kind) {
      throw badRequest("a patch may not change apiVersion or kind");
    }
    return next;
  });
  return objectReply(call, changed);
}
