import type { Served, Review, Subresource } from "./served.ts";
import { REVIEWS, SERVED } from "./served.ts";

/** What a path is about. */
export interface Target {
  readonly served: Served;
  /** Empty for all namespaces, and for what belongs to none. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: Subresource | undefined;
}

export type Route =
  | { readonly kind: "object"; readonly target: Target }
  | { readonly kind: "review"; readonly review: Review; readonly namespace: string };

interface Rest {
  readonly group: string;
  readonly version: string;
  readonly segments: readonly string[];
}

function split(path: string): Rest | undefined {
  const segments = path.split("/").slice(1).map(decodeURIComponent);
  if (segments[0] === "api") {
    return { group: "", version: segments[1] ?? "", segments: segments.slice(2) };
  }
  if (segments[0] !== "apis") return undefined;
  return { group: segments[1] ?? "", version: segments[2] ?? "", segments: segments.slice(3) };
}

function find({ group, version }: Rest, plural: string): Served | undefined {
  return SERVED.find(
    (each) => each.group === group && each.version === version && each.resource.plural === plural,
  );
}

function target(served: Served, namespace: string, segments: readonly string[]): Route | undefined {
  const [name = "", sub, ...more] = segments;
  if (more.length > 0 || (segments.length > 0 && name === "")) return undefined;
  if (served.resource.namespaced && name !== "" && namespace === "") return undefined;
  const subresource = served.subresources.find((each) => each.name === sub);
  if (sub !== undefined && subresource === undefined) return undefined;
  return { kind: "object", target: { served, namespace, name, subresource } };
}

/** Reads `/apis/batch/v1/namespaces/default/jobs/hello/status` and its like; `undefined` when nothing is there. */
export function parsePath(path: string): Route | undefined {
  const rest = split(path);
  if (rest === undefined || rest.segments.length === 0) return undefined;
  const [first = "", namespace = "", plural = ""] = rest.segments;
  const review = REVIEWS.find(
    (each) =>
      each.group === rest.group &&
      each.version === rest.version &&
      each.plural === (each.namespaced ? plural : first),
  );
  if (review !== undefined) {
    return { kind: "review", review, namespace: review.namespaced ? namespace : "" };
  }
  if (first === "namespaces" && rest.segments.length >= 3) {
    const served = find(rest, plural);
    if (served?.resource.namespaced === true) {
      return target(served, namespace, rest.segments.slice(3));
    }
    if (rest.group !== "") return undefined;
  }
  const served = find(rest, first);
  return served && target(served, "", rest.segments.slice(1));
}
