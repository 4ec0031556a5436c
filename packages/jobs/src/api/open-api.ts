import type { Field, MessageType, Scalar } from "../schema/notation.ts";
import { TYPES, typeOf } from "../schema/types.ts";
import {
  apiVersionOf,
  GROUP_VERSIONS,
  type GroupVersion,
  REVIEWS,
  type Served,
  SERVED,
} from "./served.ts";

type Json = Record<string, unknown>;

interface Kind extends GroupVersion {
  readonly kind: string;
}

function pathOf({ group, version }: GroupVersion): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/** Of what the documents are made of: clients keep a document until this changes. */
const HASH: string = [...TYPES.values()]
  .reduce((hash, { id, fields }) => {
    const text = id + fields.map(({ name, description }) => name + description).join();
    let next = hash;
    for (let i = 0; i < text.length; i++) next = (next * 31 + text.charCodeAt(i)) >>> 0;
    return next;
  }, 7)
  .toString(16);

/** Which documents there are. */
export function openApiIndex(): Json {
  const paths = GROUP_VERSIONS.map((each) => {
    const path = pathOf(each);
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${HASH}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

const SCALAR_SCHEMAS: Readonly<Record<Scalar, Json>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  bytes: { type: "string", format: "byte" },
  Time: { type: "string", format: "date-time" },
  MicroTime: { type: "string", format: "date-time" },
  Quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
  IntOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  FieldsV1: { type: "object" },
  ExtraValue: { type: "array", items: { type: "string" } },
};

function valueSchema(type: Field["type"]): Json {
  if (typeof type === "string") return SCALAR_SCHEMAS[type];
  return { allOf: [{ $ref: `#/components/schemas/${type.id}` }], default: {} };
}

function listMarks({ mergeKey, retainKeys, listKeys }: Field): Json {
  const strategy = retainKeys ? "merge,retainKeys" : "merge";
  const kind = listKeys === undefined ? "atomic" : listKeys.length === 0 ? "set" : "map";
  return {
    "x-kubernetes-list-type": kind,
    ...(kind === "map" ? { "x-kubernetes-list-map-keys": listKeys } : {}),
    ...(mergeKey === undefined ? {} : { "x-kubernetes-patch-strategy": strategy }),
    ...(mergeKey === undefined || mergeKey === ""
      ? {}
      : { "x-kubernetes-patch-merge-key": mergeKey }),
  };
}

function fieldSchema(field: Field): Json {
  const { shape, description, atomic } = field;
  const value = valueSchema(field.type);
  const text = description === "" ? {} : { description };
  if (shape === "list") return { ...text, type: "array", items: value, ...listMarks(field) };
  if (shape === "map") {
    const mark = atomic ? { "x-kubernetes-map-type": "atomic" } : {};
    return { ...text, type: "object", additionalProperties: value, ...mark };
  }
  return { ...text, ...value };
}

function messageSchema({ json, description, atomic }: MessageType, kinds: readonly Kind[]): Json {
  const fields = [...json.values()];
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  const head =
    kinds.length === 0 ? {} : { apiVersion: { type: "string" }, kind: { type: "string" } };
  const properties = fields.map((field) => [field.name, fieldSchema(field)] as const);
  return {
    type: "object",
    ...(description === "" ? {} : { description }),
    properties: { ...head, ...Object.fromEntries(properties) },
    ...(required.length === 0 ? {} : { required }),
    ...(atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds }),
  };
}

/** A type and all that it is made of. */
function collect(type: MessageType, into: Set<MessageType>): void {
  if (into.has(type)) return;
  into.add(type);
  for (const field of type.json.values()) {
    if (typeof field.type !== "string") collect(field.type, into);
  }
}

function kindsOf(groupVersion: GroupVersion): Kind[] {
  const within = (each: GroupVersion): boolean =>
    each.group === groupVersion.group && each.version === groupVersion.version;
  return [
    ...SERVED.filter(within).map(({ resource }) => ({ ...groupVersion, kind: resource.kind })),
    ...REVIEWS.filter(within).map(({ kind }) => ({ ...groupVersion, kind })),
  ];
}

function components(groupVersion: GroupVersion): Json {
  const kinds = new Map<MessageType, Kind[]>();
  const types = new Set<MessageType>();
  for (const kind of kindsOf(groupVersion)) {
    const type = typeOf(kind.group, kind.kind);
    if (type === undefined) continue;
    kinds.set(type, [...(kinds.get(type) ?? []), kind]);
    collect(type, types);
  }
  const schemas = [...types].map((type) => [type.id, messageSchema(type, kinds.get(type) ?? [])]);
  return { schemas: Object.fromEntries(schemas) };
}

const FIELD_VALIDATION = {
  name: "fieldValidation",
  in: "query",
  schema: { type: "string", uniqueItems: true },
};

/** Clients leave validation to the server when a PATCH of the kind takes `fieldValidation`. */
function objectPath(path: string, { group, version, resource }: Served): [string, Json] {
  const { plural, namespaced, kind } = resource;
  const collection = namespaced ? `namespaces/{namespace}/${plural}` : plural;
  const operation = {
    parameters: [FIELD_VALIDATION],
    responses: { 200: { description: "OK" } },
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": { group, version, kind },
  };
  return [`/${path}/${collection}/{name}`, { patch: operation }];
}

/** One version's document; `undefined` when there is none at this path. */
export function openApiDocument(path: string): Json | undefined {
  const found = GROUP_VERSIONS.find((each) => pathOf(each) === path);
  if (found === undefined) return undefined;
  const { group, version } = found;
  const paths = SERVED.filter((each) => each.group === group && each.version === version).map(
    (served) => objectPath(path, served),
  );
  return {
    openapi: "3.0.0",
    info: { title: `nodetcd jobs ${apiVersionOf(found)}`, version: "v1" },
    paths: Object.fromEntries(paths),
    components: components(found),
  };
}
