/** What the Jobs page needs of a Kubernetes API; `node/kubernetes.ts` calls it over HTTP. */
export interface Kubernetes {
  /** One request; the reply's JSON. A status that is no success is a `ConsoleError` with the API's words. */
  call(request: KubernetesRequest): Promise<unknown>;
  /** The body of a reply as it comes, such as a log that is followed. */
  stream(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface KubernetesRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** Any object of the API, as JSON brings it: every part may be missing. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind?: string;
      readonly name?: string;
    }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** All objects of a list, page by page. */
export async function listAll(
  api: Kubernetes,
  path: string,
  max: number,
): Promise<KubernetesObject[]> {
  const items: KubernetesObject[] = [];
  let next = "";
  do {
    const mark = path.includes("?") ? "&" : "?";
    const more = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
    const page = (await api.call({ method: "GET", path: `${path}${mark}limit=500${more}` })) as {
      items?: KubernetesObject[];
      metadata?: { continue?: string };
    };
    items.push(...(page.items ?? []));
    next = page.metadata?.continue ?? "";
  } while (next !== "" && items.length < max);
  return items;
}

/** Milliseconds of a time as the API writes it. */
export function timeOf(text: unknown): number | undefined {
  const time = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

export function textAt(
  object: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | undefined {
  const value = object?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function numberAt(
  object: Readonly<Record<string, unknown>> | undefined,
  name: string,
): number {
  const value = object?.[name];
  return typeof value === "number" ? value : 0;
}
