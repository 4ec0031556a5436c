import {
  apiVersionOf,
  GROUP_VERSIONS,
  type GroupVersion,
  type Review,
  REVIEWS,
  SERVED,
  type Served,
} from "./served.ts";

type Json = Record<string, unknown>;

/** Groups in the order of their first version; core has the empty name. */
const GROUPS: readonly string[] = [...new Set(GROUP_VERSIONS.map(({ group }) => group))];

function versionsOf(group: string): GroupVersion[] {
  return GROUP_VERSIONS.filter((each) => each.group === group);
}

function within(groupVersion: GroupVersion): (each: GroupVersion) => boolean {
  return ({ group, version }) => group === groupVersion.group && version === groupVersion.version;
}

function aggregatedResource({ group, version, resource, verbs, subresources }: Served): Json {
  const { kind, plural, singular, shortNames, categories, namespaced } = resource;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((each) => ({
            subresource: each.name,
            responseKind: each.kind ?? { group, version, kind },
            verbs: each.verbs,
          })),
        }),
  };
}

function aggregatedReview({ group, version, kind, plural, namespaced }: Review): Json {
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.toLowerCase(),
    verbs: ["create"],
  };
}

/** `APIGroupDiscoveryList` of `/api` (core only) or `/apis` (all other groups). */
export function aggregatedDiscovery(root: "api" | "apis", version: "v2" | "v2beta1"): Json {
  const groups = GROUPS.filter((group) => (group === "") === (root === "api"));
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versionsOf(group).map((each) => ({
        version: each.version,
        resources: [
          ...SERVED.filter(within(each)).map(aggregatedResource),
          ...REVIEWS.filter(within(each)).map(aggregatedReview),
        ],
        freshness: "Current",
      })),
    })),
  };
}

/** `APIVersions` of `/api` for clients that do not know the aggregated form. */
export function legacyVersions(): Json {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
}

function apiGroup(group: string): Json {
  const versions = versionsOf(group).map((each) => ({
    groupVersion: apiVersionOf(each),
    version: each.version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `APIGroupList` of `/apis`. */
export function groupList(): Json {
  const groups = GROUPS.filter((group) => group !== "").map(apiGroup);
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** `APIGroup` of `/apis/GROUP`; `undefined` when there is none of that name. */
export function groupOf(group: string): Json | undefined {
  if (group === "" || !GROUPS.includes(group)) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
}

function listedResource(served: Served): Json[] {
  const { resource, verbs, subresources } = served;
  const { kind, plural, singular, shortNames, categories, namespaced } = resource;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
    },
    ...subresources.map((each) => ({
      name: `${plural}/${each.name}`,
      singularName: "",
      namespaced,
      ...(each.kind ?? { kind }),
      verbs: each.verbs,
    })),
  ];
}

/** `APIResourceList` of `/api/v1` or `/apis/GROUP/VERSION`. */
export function resourceList(groupVersion: GroupVersion): Json | undefined {
  const found = GROUP_VERSIONS.some(within(groupVersion));
  if (!found) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf(groupVersion),
    resources: [
      ...SERVED.filter(within(groupVersion)).flatMap(listedResource),
      ...REVIEWS.filter(within(groupVersion)).map(({ kind, plural, namespaced }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced,
        kind,
        verbs: ["create"],
      })),
    ],
  };
}
