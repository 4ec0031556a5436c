import { ApiError } from "../errors.ts";

interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

function mediaTypes(accept: string): MediaType[] {
  const types = accept.split(",").map((item) => {
    const [type = "", ...pairs] = item.split(";").map((part) => part.trim());
    const parameters = Object.fromEntries(
      pairs.map((pair) => pair.split("=", 2) as [string, string]),
    );
    return { type: type.toLowerCase(), parameters, quality: Number(parameters["q"] ?? 1) };
  });
  return types.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality);
}

function isJson(type: string): boolean {
  return type === "application/json" || type === "application/*" || type === "*/*";
}

/** How objects are answered: as they are, or as a table; streams of watches alike. */
export type Form = "object" | "table" | "metadata";

/**
 * The first form of the `Accept` header that can be given. Answers are JSON: every client that asks for protobuf
 * accepts it too, or gets `NotAcceptable`.
 */
export function chooseForm(accept: string | undefined): Form {
  if (accept === undefined || accept.trim() === "") return "object";
  for (const { type, parameters } of mediaTypes(accept)) {
    if (!isJson(type)) continue;
    const { as, g = "meta.k8s.io", v = "v1" } = parameters;
    if (as === undefined) return "object";
    if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) continue;
    if (as === "Table") return "table";
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return "metadata";
  }
  throw new ApiError(
    "NotAcceptable",
    "only the following media types are accepted: application/json",
  );
}

/** The version of aggregated discovery that is asked for, or nothing: clients break on one that they did not name. */
export function chooseDiscovery(accept: string | undefined): "v2" | "v2beta1" | undefined {
  for (const { type, parameters } of mediaTypes(accept ?? "")) {
    if (!isJson(type)) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return undefined;
    if (as !== "APIGroupDiscoveryList" || g !== "apidiscovery.k8s.io") continue;
    if (v === "v2" || v === "v2beta1") return v;
  }
  return undefined;
}
