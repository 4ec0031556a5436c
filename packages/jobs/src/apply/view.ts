import type { Field, MessageType } from "../schema/notation.ts";

type Json = Record<string, unknown>;

/**
 * An object cut into what can be owned: leaves, and containers of named parts. Names are those of Kubernetes'
 * `fieldsV1`: `f:suspend` a field, `k:{"name":"main"}` an item of a list with keys, `v:"x"` a member of a set.
 */
export type View =
  | { readonly kind: "leaf"; readonly value: unknown }
  | { readonly kind: "parts"; readonly parts: ReadonlyMap<string, View>; readonly item: boolean };

/** Keys that an item may leave out, with what they are then. */
const KEY_DEFAULTS: Json = { protocol: "TCP" };

export function isJsonObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `k:{"containerPort":80,"protocol":"TCP"}` */
export function itemName(item: unknown, keys: readonly string[]): string {
  const entries = keys
    .toSorted()
    .map((key) => [key, (isJsonObject(item) ? item[key] : undefined) ?? KEY_DEFAULTS[key] ?? null]);
  return `k:${JSON.stringify(Object.fromEntries(entries))}`;
}

export function memberName(value: unknown): string {
  return `v:${JSON.stringify(value)}`;
}

const leaf = (value: unknown): View => ({ kind: "leaf", value });

function parts(entries: Iterable<[string, View]>, value: unknown, item = false): View {
  const found = new Map(entries);
  return found.size === 0 && !item ? leaf(value) : { kind: "parts", parts: found, item };
}

/** How a list is taken: as a whole, as a set, or item by item. */
export function listKind({ listKeys }: Field): "atomic" | "set" | "map" {
  if (listKeys === undefined) return "atomic";
  return listKeys.length === 0 ? "set" : "map";
}

function viewOne(type: Field["type"], value: unknown, item = false): View {
  if (typeof type === "string" || type.atomic || !isJsonObject(value)) return leaf(value);
  return viewMessage(type, value, item);
}

function viewField(field: Field, value: unknown): View {
  const { shape, type, atomic, listKeys = [] } = field;
  if (shape === "one") return viewOne(type, value);
  if (shape === "map") {
    if (atomic || !isJsonObject(value)) return leaf(value);
    return parts(
      Object.entries(value).map(([key, each]) => [`f:${key}`, viewOne(type, each)]),
      value,
    );
  }
  if (!Array.isArray(value)) return leaf(value);
  const items = value as unknown[];
  switch (listKind(field)) {
    case "atomic":
      return leaf(value);
    case "set":
      return parts(
        items.map((each) => [memberName(each), leaf(each)]),
        value,
      );
    case "map":
      return parts(
        items.map((each) => [itemName(each, listKeys), viewOne(type, each, true)]),
        value,
      );
  }
}

function viewMessage(type: MessageType, value: Json, item: boolean): View {
  const entries = Object.entries(value).flatMap(([name, each]): [string, View][] => {
    const field = type.json.get(name);
    if (each === undefined || each === null) return [];
    return [[`f:${name}`, field === undefined ? leaf(each) : viewField(field, each)]];
  });
  return parts(entries, value, item);
}

/** Metadata that belongs to the server, whoever sends it. */
const SERVER_METADATA = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generateName",
  "selfLink",
  "managedFields",
];

/** The parts of an object that somebody can own; `without` names fields that this request does not touch. */
export function viewObject(type: MessageType, object: object, without: readonly string[]): View {
  const { apiVersion: _, kind: __, ...content } = object as Json;
  for (const name of without) delete content[name];
  const metadata = { ...(content["metadata"] as Json | undefined) };
  for (const name of SERVER_METADATA) delete metadata[name];
  if (Object.keys(metadata).length === 0) delete content["metadata"];
  else content["metadata"] = metadata;
  return viewMessage(type, content, false);
}
