import type { ConfigMap, Event, Lease, Namespace, Node, Secret } from "./core.ts";
import type { CronJob, Job, Slot } from "./job.ts";
import type { KubeObject } from "./meta.ts";
import type { Pod } from "./pod.ts";
import type { Resource } from "./resource.ts";

function resource<T extends KubeObject>(
  kind: string,
  row: Partial<Resource<T>> & { plural: string },
): Resource<T> {
  return {
    group: "",
    versions: ["v1"],
    kind,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    storagePath: row.plural,
    ...row,
  };
}

export const NAMESPACES: Resource<Namespace> = resource("Namespace", {
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
});
export const PODS: Resource<Pod> = resource("Pod", {
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
});
export const CONFIG_MAPS: Resource<ConfigMap> = resource("ConfigMap", {
  plural: "configmaps",
  shortNames: ["cm"],
});
export const SECRETS: Resource<Secret> = resource("Secret", { plural: "secrets" });
export const EVENTS: Resource<Event> = resource("Event", {
  plural: "events",
  shortNames: ["ev"],
});
export const NODES: Resource<Node> = resource("Node", {
  plural: "nodes",
  shortNames: ["no"],
  namespaced: false,
  storagePath: "minions",
});
export const JOBS: Resource<Job> = resource("Job", {
  group: "batch",
  plural: "jobs",
  categories: ["all"],
});
export const CRON_JOBS: Resource<CronJob> = resource("CronJob", {
  group: "batch",
  versions: ["v1", "v1beta1", "v2alpha1"],
  plural: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
});
export const SERVICE_ACCOUNTS: Resource = resource("ServiceAccount", {
  plural: "serviceaccounts",
  shortNames: ["sa"],
});
/** Asked for by `kubectl describe ns` and `cluster-info`; there are none. */
export const RESOURCE_QUOTAS: Resource = resource("ResourceQuota", {
  plural: "resourcequotas",
  shortNames: ["quota"],
});
export const LIMIT_RANGES: Resource = resource("LimitRange", {
  plural: "limitranges",
  shortNames: ["limits"],
});
export const SERVICES: Resource = resource("Service", {
  plural: "services",
  shortNames: ["svc"],
  storagePath: "services/specs",
});
export const LEASES: Resource<Lease> = resource("Lease", {
  group: "coordination.k8s.io",
  plural: "leases",
});
export const SLOTS: Resource<Slot> = resource("Slot", {
  group: "nodetcd.io",
  plural: "slots",
  storagePath: "nodetcd.io/slots",
});

/** What is stored, in the order in which discovery shows it. */
export const RESOURCES: readonly Resource[] = [
  NAMESPACES,
  PODS,
  CONFIG_MAPS,
  SECRETS,
  EVENTS,
  NODES,
  SERVICE_ACCOUNTS,
  JOBS,
  CRON_JOBS,
  LEASES,
  SLOTS,
];
