import { ApiError, badRequest } from "../errors.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { BODY_BYTES_MAX } from "../limits.ts";
import type { KubeObject } from "../objects/meta.ts";
import { checkFields, MisfitError } from "../schema/check-fields.ts";
import { decodeProtobuf, openEnvelope } from "../schema/decode-protobuf.ts";
import { metaType, typeOf } from "../schema/types.ts";
import type { Call } from "./call.ts";
import { apiVersionOf } from "./served.ts";

type Json = Record<string, unknown>;

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

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
  const header = request.header("content-type") ?? "application/json";
  return header.split(";")[0]?.trim().toLowerCase() ?? "";
}

export function unsupportedType(accepted: readonly string[]): ApiError {
  return new ApiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}

export function parseJsonValue(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`error decoding the body: it is not JSON: ${why}`);
  }
}

export function parseJson(bytes: Uint8Array): Json {
  const value = parseJsonValue(bytes);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw badRequest("error decoding the body: it is not a JSON object");
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The kind that the body must have: that of the path. */
function kindOf({ target }: Call): Kind {
  const { served, subresource } = target;
  const { group, version, resource } = served;
  return subresource?.kind ?? { group, version, kind: resource.kind };
}

/** What becomes of fields that the kind does not have. */
type FieldValidation = "Ignore" | "Warn" | "Strict";

function fieldValidation({ query }: HttpRequest): FieldValidation {
  const asked = query.get("fieldValidation") ?? "";
  switch (asked) {
    case "":
    case "Warn":
      return "Warn";
    case "Strict":
    case "Ignore":
      return asked;
    default:
      throw badRequest(
        `fieldValidation: Unsupported value: "${asked}": supported values: "", "Ignore", "Strict", "Warn"`,
      );
  }
}

/** Makes sure of what the types promise: metadata with a name that is text. */
export function toObject(body: Json): KubeObject {
  const { metadata = {} } = body;
  return { ...body, metadata: { name: "", ...(metadata as object) } } as KubeObject;
}

/**
 * The object that a body stands for, as its kind has it. What the kind does not know is left out, warned of or refused,
 * as the request wants; `strict` makes the refusal.
 */
export function fitObject(call: Call, body: Json, strict: (why: string) => ApiError): KubeObject {
  const { group, version, kind } = kindOf(call);
  const type = typeOf(group, kind);
  if (type === undefined) return toObject(body);
  try {
    const { object, unknown } = checkFields(type, body);
    const validation = fieldValidation(call.request);
    const problems = unknown.map((path) => `unknown field "${path}"`);
    if (validation === "Strict" && problems.length > 0) {
      throw strict(`strict decoding error: ${problems.join(", ")}`);
    }
    if (validation === "Warn") call.warnings.push(...problems);
    return toObject(object);
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`,
    );
  }
}

/** Checks what a body says about its own kind; saying nothing is right. */
function checkKind(body: Json, { kind, ...groupVersion }: Kind): Json {
  const apiVersion = apiVersionOf(groupVersion);
  const { apiVersion: givenVersion, kind: givenKind } = body;
  if ((givenVersion ?? "") !== "" && givenVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${String(givenVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  if ((givenKind ?? "") !== "" && givenKind !== kind) {
    throw badRequest(
      `${String(givenKind)} in version "${groupVersion.version}" cannot be handled as a ${kind}: the kind in the data does not match that of the path`,
    );
  }
  return { ...body, apiVersion, kind };
}

/** The object of a body, JSON or protobuf, in the version of the path. */
export async function readObject(call: Call): Promise<KubeObject> {
  const expected = kindOf(call);
  const bytes = await readBytes(call.request);
  const type = typeOf(expected.group, expected.kind);
  const { kind, version } = expected;
  if (contentType(call.request) === PROTOBUF && type !== undefined) {
    const envelope = openEnvelope(bytes);
    const head = { apiVersion: envelope.apiVersion, kind: envelope.kind };
    return toObject(checkKind({ ...head, ...decodeProtobuf(type, envelope.raw) }, expected));
  }
  if (contentType(call.request) !== "application/json") {
    throw unsupportedType(["application/json", PROTOBUF]);
  }
  const body = checkKind(parseJson(bytes), expected);
  return fitObject(call, body, (why) =>
    badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`),
  );
}

/** `DeleteOptions` of a body; empty when there is none. */
export async function readDeleteOptions(request: HttpRequest): Promise<Json> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const type = metaType("DeleteOptions");
  if (contentType(request) === PROTOBUF) return decodeProtobuf(type, openEnvelope(bytes).raw);
  try {
    return checkFields(type, parseJson(bytes)).object;
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    throw badRequest(
      `DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${error.message}`,
    );
  }
}
