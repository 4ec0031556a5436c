import { type ConvertedResource, EVENTS_V1 } from "./convert-events.ts";
import type { Resource } from "../objects/resource.ts";
import {
  CONFIG_MAPS,
  CRON_JOBS,
  EVENTS,
  JOBS,
  LEASES,
  LIMIT_RANGES,
  NAMESPACES,
  NODES,
  PODS,
  RESOURCE_QUOTAS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  SLOTS,
} from "../objects/resources.ts";

export type Verb =
  "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

const ALL: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];
const READ: readonly Verb[] = ["get", "list", "watch"];
const STATUS: Subresource = { name: "status", verbs: ["get", "patch", "update"] };

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** When it is not the kind of the resource itself. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
}

/** A resource as one group and version shows it. */
export interface Served {
  readonly group: string;
  readonly version: string;
  readonly resource: Resource;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Between this version and the one that is stored, when more than the name of the version differs. */
  readonly conversion?: ConvertedResource;
}

/** Resources that are only asked, not stored: a POST answers at once. */
export interface Review {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function row(
  resource: Resource,
  verbs: readonly Verb[],
  subresources: Subresource[] = [],
): Served[] {
  const { group, versions } = resource;
  return versions.map((version) => ({ group, version, resource, verbs, subresources }));
}

const EVICTION: Subresource = {
  name: "eviction",
  verbs: ["create"],
  kind: { group: "policy", version: "v1", kind: "Eviction" },
};

/** All that is served and stored, in the order in which discovery shows it. */
export const SERVED: readonly Served[] = [
  ...row(CONFIG_MAPS, ALL),
  ...row(EVENTS, ALL),
  ...row(LIMIT_RANGES, READ),
  ...row(
    NAMESPACES,
    ["create", "delete", "get", "list", "patch", "update", "watch"],
    [{ name: "finalize", verbs: ["update"] }, STATUS],
  ),
  ...row(NODES, READ),
  ...row(PODS, ALL, [EVICTION, { name: "log", verbs: ["get"] }, STATUS]),
  ...row(RESOURCE_QUOTAS, READ),
  ...row(SECRETS, ALL),
  ...row(SERVICE_ACCOUNTS, ALL),
  ...row(SERVICES, READ),
  ...row(CRON_JOBS, ALL, [STATUS]),
  ...row(JOBS, ALL, [STATUS]),
  { ...EVENTS_V1, resource: EVENTS, verbs: ALL, subresources: [] },
  ...row(LEASES, ALL),
  ...row(SLOTS, ["delete", "deletecollection", "get", "list", "watch"]),
];

function review(group: string, kind: string, namespaced = false): Review {
  return { group, version: "v1", kind, plural: `${kind.toLowerCase()}s`, namespaced };
}

export const REVIEWS: readonly Review[] = [
  review("authentication.k8s.io", "SelfSubjectReview"),
  review("authorization.k8s.io", "LocalSubjectAccessReview", true),
  review("authorization.k8s.io", "SelfSubjectAccessReview"),
  review("authorization.k8s.io", "SelfSubjectRulesReview"),
  review("authorization.k8s.io", "SubjectAccessReview"),
];

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Groups and versions in the order of preference. */
export const GROUP_VERSIONS: readonly GroupVersion[] = [...SERVED, ...REVIEWS]
  .map(({ group, version }) => ({ group, version }))
  .filter(
    ({ group, version }, index, all) =>
      all.findIndex((each) => each.group === group && each.version === version) === index,
  );

/** `batch/v1`, or `v1`. */
export function apiVersionOf({ group, version }: GroupVersion): string {
  return group === "" ? version : `${group}/${version}`;
}
