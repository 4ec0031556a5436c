import type { Field, MessageType } from "../schema/notation.ts";
import { EMPTY, type FieldSet, isEmptySet } from "./field-set.ts";
import { isJsonObject, itemName, listKind, memberName } from "./view.ts";

type Json = Record<string, unknown>;

function mergeOne(type: Field["type"], live: unknown, applied: unknown): unknown {
  if (typeof type === "string" || type.atomic) return applied;
  if (!isJsonObject(live) || !isJsonObject(applied)) return applied;
  return mergeApplied(type, live, applied);
}

/** Live items stay in their places; those that are new come behind them. */
function mergeItems(
  field: Field,
  live: readonly unknown[],
  applied: readonly unknown[],
): unknown[] {
  const { type, listKeys = [] } = field;
  const name = (item: unknown): string =>
    listKind(field) === "set" ? memberName(item) : itemName(item, listKeys);
  const wanted = new Map(applied.map((item) => [name(item), item]));
  const there = new Map(live.map((item) => [name(item), item]));
  const merged = (item: unknown): unknown => mergeOne(type, there.get(name(item)), item);
  const kept = live.map((item) => {
    const each = wanted.get(name(item));
    return each === undefined ? item : merged(each);
  });
  return [...kept, ...applied.filter((item) => !there.has(name(item)))];
}

function mergeField(field: Field, live: unknown, applied: unknown): unknown {
  const { shape, type, atomic } = field;
  if (live === undefined) return applied;
  if (shape === "one") return mergeOne(type, live, applied);
  if (shape === "map") {
    if (atomic || !isJsonObject(live) || !isJsonObject(applied)) return applied;
    const entries = Object.entries(applied).map(([key, value]) => [
      key,
      mergeOne(type, live[key], value),
    ]);
    return { ...live, ...(Object.fromEntries(entries) as Json) };
  }
  if (listKind(field) === "atomic" || !Array.isArray(live) || !Array.isArray(applied)) {
    return applied;
  }
  return mergeItems(field, live, applied);
}

/** `live` with all that `applied` says. */
export function mergeApplied(type: MessageType, live: Json, applied: Json): Json {
  const result = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    if (value === null || value === undefined) continue;
    const field = type.json.get(name);
    result[name] = field === undefined ? value : mergeField(field, live[name], value);
  }
  return result;
}

function pruneList(
  field: Field,
  list: readonly unknown[],
  gone: FieldSet,
  kept: FieldSet,
): unknown[] {
  const { listKeys = [], type } = field;
  return list.flatMap((item) => {
    const name = listKind(field) === "set" ? memberName(item) : itemName(item, listKeys);
    const child = gone.children.get(name);
    if (child === undefined) return [item];
    const others = kept.children.get(name) ?? EMPTY;
    if (child.member && isEmptySet(others)) return [];
    return [pruneOne(type, item, child, others)];
  });
}

function pruneOne(type: Field["type"], value: unknown, gone: FieldSet, kept: FieldSet): unknown {
  if (typeof type === "string" || !isJsonObject(value)) return value;
  return pruneFields(type, value, gone, kept);
}

function pruneField(field: Field, value: unknown, gone: FieldSet, kept: FieldSet): unknown {
  const { shape, type } = field;
  if (shape === "one") return pruneOne(type, value, gone, kept);
  if (shape === "list") return Array.isArray(value) ? pruneList(field, value, gone, kept) : value;
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([key]) => !gone.children.has(`f:${key}`));
  return Object.fromEntries(entries);
}

function isHollow(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Takes the paths of `gone` away, and what becomes empty by it; items of lists stay where others own parts of them. */
export function pruneFields(type: MessageType, object: Json, gone: FieldSet, kept: FieldSet): Json {
  const result: Json = {};
  for (const [name, value] of Object.entries(object)) {
    const child = gone.children.get(`f:${name}`);
    const field = type.json.get(name);
    if (child === undefined || field === undefined) {
      result[name] = value;
      continue;
    }
    if (child.member && child.children.size === 0) continue;
    const pruned = pruneField(field, value, child, kept.children.get(`f:${name}`) ?? EMPTY);
    if (!isHollow(pruned)) result[name] = pruned;
  }
  return result;
}
