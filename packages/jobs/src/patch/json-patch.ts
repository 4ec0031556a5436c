import { ApiError, badRequest } from "../errors.ts";
import { JSON_PATCH_OPERATIONS_MAX } from "../limits.ts";

type Container = Record<string, unknown> | unknown[];

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** A patch that is well formed and cannot be done here. */
function cannot(why: string): ApiError {
  return new ApiError(
    "Invalid",
    `the server rejected our request due to an error in our request: ${why}`,
  );
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

function tokens(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw badRequest(`${pointer} is not a JSON pointer`);
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function position(list: readonly unknown[], token: string, last: number): number {
  if (token === "-") return list.length;
  const index = Number(token);
  if (!/^(0|[1-9]\d*)$/.test(token) || index > last) {
    throw cannot(`the index ${token} is not in a list of ${list.length}`);
  }
  return index;
}

function read(container: unknown, token: string, path: string): unknown {
  if (Array.isArray(container)) return container[position(container, token, container.length - 1)];
  if (isContainer(container) && Object.hasOwn(container, token)) {
    return (container as Record<string, unknown>)[token];
  }
  throw cannot(`nothing is at ${path}`);
}

/** The value inside of which the last token of a pointer is, and that token. */
function parent(root: unknown, pointer: string): { container: Container; token: string } {
  const path = tokens(pointer);
  const token = path.pop();
  if (token === undefined) throw badRequest("a patch may not replace the whole object");
  let container = root;
  for (const each of path) container = read(container, each, pointer);
  if (!isContainer(container)) throw cannot(`nothing can be at ${pointer}`);
  return { container, token };
}

function lookUp(root: unknown, pointer: string): unknown {
  return tokens(pointer).reduce((value, token) => read(value, token, pointer), root);
}

function add(root: unknown, pointer: string, value: unknown): void {
  const { container, token } = parent(root, pointer);
  if (Array.isArray(container))
    container.splice(position(container, token, container.length), 0, value);
  else container[token] = value;
}

function remove(root: unknown, pointer: string): void {
  const { container, token } = parent(root, pointer);
  read(container, token, pointer);
  if (Array.isArray(container)) container.splice(Number(token), 1);
  else delete container[token];
}

function replace(root: unknown, pointer: string, value: unknown): void {
  const { container, token } = parent(root, pointer);
  read(container, token, pointer);
  if (Array.isArray(container)) container[Number(token)] = value;
  else container[token] = value;
}

function equal(a: unknown, b: unknown): boolean {
  if (!isContainer(a) || !isContainer(b)) return a === b;
  const keys = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

function apply(root: unknown, { op, path, from = "", value }: Operation): void {
  switch (op) {
    case "add":
      return add(root, path, structuredClone(value));
    case "remove":
      return remove(root, path);
    case "replace":
      return replace(root, path, structuredClone(value));
    case "move": {
      const moved = lookUp(root, from);
      remove(root, from);
      return add(root, path, moved);
    }
    case "copy":
      return add(root, path, structuredClone(lookUp(root, from)));
    case "test":
      if (!equal(lookUp(root, path), value)) throw cannot(`testing path ${path} failed`);
      return;
    default:
      throw badRequest(`${op} is not an operation of a JSON patch`);
  }
}

/** Reads a JSON patch (RFC 6902). Raises `BadRequest` for what is none. */
export function readJsonPatch(value: unknown): readonly Operation[] {
  if (!Array.isArray(value)) throw badRequest("error decoding patch: a JSON patch is a list");
  if (value.length > JSON_PATCH_OPERATIONS_MAX) {
    throw new ApiError(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${value.length}`,
    );
  }
  return value.map((each: unknown) => {
    const { op, path, from = "", value: given } = (each ?? {}) as Partial<Operation>;
    if (typeof op !== "string" || typeof path !== "string" || typeof from !== "string") {
      throw badRequest("error decoding patch: an operation needs op and path");
    }
    return { op, path, from, value: given };
  });
}

/** A copy of `target` with all operations done, or an error and no change. */
export function jsonPatch<T>(target: T, operations: readonly Operation[]): T {
  const root = structuredClone(target);
  for (const operation of operations) apply(root, operation);
  return root;
}
