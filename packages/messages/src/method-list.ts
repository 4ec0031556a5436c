import { METHODS, type Methods } from "./generated/methods.ts";
import type { Method } from "./method.ts";

/** A row of the table, whichever: a union, so that `path` or `kind` tell which. */
export type AnyMethod = {
  [Service in keyof Methods]: Methods[Service][keyof Methods[Service]];
}[keyof Methods];

/**
 * The paths of all methods. A `Record<MethodPath, Rule>`, or a mapped type
 * `{ [P in MethodPath]: Handler<MethodAt<P>> }`, does not compile while a method is missing in it.
 */
export type MethodPath = AnyMethod["path"];

/** The row of a path, or of any of several. */
export type MethodAt<Path extends MethodPath> = Extract<AnyMethod, { readonly path: Path }>;

/** The paths of all methods of a kind. */
export type MethodPathOf<Kind extends AnyMethod["kind"]> = Extract<
  AnyMethod,
  { readonly kind: Kind }
>["path"];

export type RequestOf<M> = M extends Method<infer Request, infer _Response> ? Request : never;
export type ResponseOf<M> = M extends Method<infer _Request, infer Response> ? Response : never;

/** All rows, in the order of the schemas. */
export const METHOD_LIST: readonly AnyMethod[] = Object.values(METHODS).flatMap(
  (service: Methods[keyof Methods]): AnyMethod[] => Object.values(service),
);

const byPath = new Map<string, AnyMethod>(METHOD_LIST.map((row) => [row.path, row]));

/** The row of a path that came from outside. */
export function methodAt(path: string): AnyMethod | undefined {
  return byPath.get(path);
}
