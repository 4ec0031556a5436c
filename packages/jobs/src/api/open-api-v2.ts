import { type Served, SERVED } from "./served.ts";

/** The media type that kubectl before 1.29 asks for, and cannot do without. */
export const OPEN_API_V2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/** The same as a media type that parsers accept, which answers carry. */
export const OPEN_API_V2_ANSWER = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** A protobuf field that is text, or a message of fields. */
function field(number: number, ...content: (string | Uint8Array)[]): Uint8Array {
  const bytes = Buffer.concat(content.map((each) => Buffer.from(each)));
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

// Numbers of the fields of gnostic's OpenAPI v2 messages, as far as they are needed.
const DOCUMENT = { swagger: 1, info: 2, paths: 8 } as const;
const INFO = { title: 1, version: 2 } as const;
const PATHS = { path: 2 } as const;
const NAMED = { name: 1, value: 2 } as const;
const PATH_ITEM = { patch: 8 } as const;
const OPERATION = { parameters: 8, vendorExtension: 13 } as const;
const PARAMETERS_ITEM = { parameter: 1 } as const;
const PARAMETER = { nonBody: 2 } as const;
const NON_BODY_PARAMETER = { query: 3 } as const;
const QUERY_PARAMETER = { in: 2, name: 4, type: 6 } as const;
const ANY = { yaml: 2 } as const;

function fieldValidation(): Uint8Array {
  const query = field(
    NON_BODY_PARAMETER.query,
    field(QUERY_PARAMETER.in, "query"),
    field(QUERY_PARAMETER.name, "fieldValidation"),
    field(QUERY_PARAMETER.type, "string"),
  );
  return field(
    OPERATION.parameters,
    field(PARAMETERS_ITEM.parameter, field(PARAMETER.nonBody, query)),
  );
}

function objectPath({ group, version, resource }: Served): Uint8Array {
  const { kind, plural, namespaced } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`;
  const kinds = field(
    OPERATION.vendorExtension,
    field(NAMED.name, "x-kubernetes-group-version-kind"),
    field(NAMED.value, field(ANY.yaml, JSON.stringify({ group, version, kind }))),
  );
  const patch = field(PATH_ITEM.patch, fieldValidation(), kinds);
  return field(PATHS.path, field(NAMED.name, path), field(NAMED.value, patch));
}

/**
 * OpenAPI v2 in protobuf: just enough to tell clients that the server validates. Schemas are in OpenAPI v3 only.
 */
export function openApiV2(): Uint8Array {
  return Buffer.concat([
    field(DOCUMENT.swagger, "2.0"),
    field(DOCUMENT.info, field(INFO.title, "nodetcd jobs"), field(INFO.version, "v1")),
    field(DOCUMENT.paths, ...SERVED.map(objectPath)),
  ]);
}
