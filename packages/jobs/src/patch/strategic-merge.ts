import { badRequest } from "../errors.ts";
import type { Field, MessageType } from "../schema/notation.ts";
import { mergePatch } from "./merge-patch.ts";

type Json = Record<string, unknown>;

const DIRECTIVE = "$patch";
const DELETE_PREFIX = "$deleteFromPrimitiveList/";
const ORDER_PREFIX = "$setElementOrder/";
const RETAIN = "$retainKeys";

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isItem(value: unknown, key: string): value is Json {
  return isObject(value) && value[key] !== undefined;
}

function withoutDirective(patch: Json): Json {
  const { [DIRECTIVE]: _, ...rest } = patch;
  return rest;
}

/** Items named by `order` come in that order; others stay behind the item that they followed. */
function ordered(
  list: readonly unknown[],
  order: readonly unknown[],
  identity: (item: unknown) => unknown,
): unknown[] {
  const wanted = new Map(order.map((item, index) => [identity(item), index]));
  const named = list.filter((item) => wanted.has(identity(item)));
  named.sort((a, b) => wanted.get(identity(a))! - wanted.get(identity(b))!);
  const result: unknown[] = [];
  let next = 0;
  for (const item of list) {
    if (wanted.has(identity(item))) result.push(named[next++]);
    else result.push(item);
  }
  return result;
}

/** Merges lists of objects by the key that tells items apart. */
function mergeByKey(
  target: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  type: Field["type"],
): unknown[] {
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === "replace")) {
    return patch.filter((item) => !isObject(item) || item[DIRECTIVE] === undefined);
  }
  const result = [...target];
  for (const item of patch) {
    if (!isItem(item, key)) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const at = result.findIndex((each) => isObject(each) && each[key] === item[key]);
    const directive = item[DIRECTIVE];
    if (directive === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) {
      result.push(mergeValue({}, withoutDirective(item), type));
    } else {
      result[at] =
        directive === "replace" ? withoutDirective(item) : mergeValue(result[at], item, type);
    }
  }
  return result;
}

function mergeList(target: unknown, patch: readonly unknown[], field: Field): unknown {
  const current = Array.isArray(target) ? (target as unknown[]) : [];
  const { mergeKey, type } = field;
  if (mergeKey === undefined) return patch;
  if (mergeKey !== "") return mergeByKey(current, patch, mergeKey, type);
  return [...current, ...patch.filter((item) => !current.includes(item))];
}

function mergeValue(target: unknown, patch: unknown, type: Field["type"]): unknown {
  if (typeof type === "string" || !isObject(patch)) return patch;
  return mergeMessage(isObject(target) ? target : {}, patch, type);
}

function mergeField(target: unknown, patch: unknown, field: Field | undefined): unknown {
  if (field === undefined) return mergePatch(target, patch);
  if (field.shape === "list") return Array.isArray(patch) ? mergeList(target, patch, field) : patch;
  if (field.shape === "map" || typeof field.type === "string") {
    return isObject(patch) && patch[DIRECTIVE] === "replace"
      ? withoutDirective(patch)
      : mergePatch(target, patch);
  }
  return mergeValue(target, patch, field.type);
}

/** `$deleteFromPrimitiveList/x`: values that go from the list x. */
function deleteFromLists(result: Json, patch: Json): void {
  for (const [key, values] of Object.entries(patch)) {
    if (!key.startsWith(DELETE_PREFIX) || !Array.isArray(values)) continue;
    const name = key.slice(DELETE_PREFIX.length);
    const list = result[name];
    if (Array.isArray(list)) result[name] = list.filter((item) => !values.includes(item));
  }
}

/** `$setElementOrder/x`: the order of the list x. */
function orderLists(result: Json, patch: Json, type: MessageType): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ORDER_PREFIX) || !Array.isArray(order)) continue;
    const name = key.slice(ORDER_PREFIX.length);
    const list = result[name];
    const mergeKey = type.json.get(name)?.mergeKey ?? "";
    const identity = (item: unknown): unknown =>
      mergeKey !== "" && isObject(item) ? item[mergeKey] : item;
    if (Array.isArray(list)) result[name] = ordered(list, order, identity);
  }
}

function mergeMessage(target: Json, patch: Json, type: MessageType): Json {
  const directive = patch[DIRECTIVE];
  if (directive === "replace") return withoutDirective(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") {
    throw badRequest(`Unknown patch type found: ${JSON.stringify(directive)}`);
  }
  const retain = patch[RETAIN];
  const result: Json = {};
  for (const [key, value] of Object.entries(target)) {
    if (!Array.isArray(retain) || retain.includes(key)) result[key] = value;
  }
  deleteFromLists(result, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    if (value === null) delete result[key];
    else result[key] = mergeField(result[key], value, type.json.get(key));
  }
  orderLists(result, patch, type);
  return result;
}

/**
 * Kubernetes' strategic merge patch: as a merge patch, but lists whose items have a key are merged by it. Understands
 * `$patch: replace | delete | merge`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys`.
 */
export function strategicMerge(target: Json, patch: Json, type: MessageType): Json {
  return mergeMessage(target, patch, type);
}
