import { ApiError, badRequest } from "../errors.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { BODY_BYTES_MAX } from "../limits.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Call } from "./call.ts";
import { apiVersionOf } from "./served.ts";

export async function readBytes(request: HttpRequest): Promise<Uint8Array> {
  try {
    return await request.body(BODY_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ApiError(
      "RequestEntityTooLarge",
      `Request entity too large: limit is ${BODY_BYTES_MAX}`,
    );
  }
}

export function contentType(request: HttpRequest): string {
  return (
    (request.header("content-type") ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? ""
  );
}

export function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`error decoding the body: it is not JSON: ${why}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw badRequest("error decoding the body: it is not a JSON object");
}

/** The object of a request's body; kind and version are those of the path when the body has none. */
export async function readObject(call: Call): Promise<KubeObject> {
  const { request, target } = call;
  const type = contentType(request);
  if (type !== "application/json") {
    throw new ApiError(
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: application/json`,
    );
  }
  const body = parseJson(await readBytes(request));
  const { served, subresource } = target;
  const kind = subresource?.kind?.kind ?? served.resource.kind;
  const apiVersion = apiVersionOf(subresource?.kind ?? served);
  const { apiVersion: givenVersion = apiVersion, kind: givenKind = kind } = body;
  if (givenVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${String(givenVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (givenKind !== kind) {
    throw badRequest(
      `the kind in the data (${String(givenKind)}) does not match the expected kind (${kind})`,
    );
  }
  return toObject({ ...body, apiVersion, kind });
}

/** Makes sure of what the types promise: metadata with a name that is text. */
export function toObject(body: Record<string, unknown>): KubeObject {
  const { metadata = {} } = body;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw badRequest("error decoding the body: metadata must be an object");
  }
  const { name = "" } = metadata as { name?: unknown };
  if (typeof name !== "string")
    throw badRequest("error decoding the body: metadata.name must be a string");
  return { ...body, metadata: { ...metadata, name } } as KubeObject;
}
