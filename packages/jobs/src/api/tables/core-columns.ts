import type { ConfigMap, Event, Lease, Namespace, Node, Secret } from "../../objects/core.ts";
import { AGE, type Column, column, NAME, WIDE } from "./column.ts";
import { age } from "./duration.ts";

export const CONFIG_MAP_COLUMNS: readonly Column[] = [
  NAME,
  column<ConfigMap>(
    "Data",
    "How many entries",
    ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    { type: "integer" },
  ),
  AGE,
];

export const SECRET_COLUMNS: readonly Column[] = [
  NAME,
  column<Secret>("Type", "What it is for", ({ type = "Opaque" }) => type),
  column<Secret>("Data", "How many entries", ({ data = {} }) => Object.keys(data).length, {
    type: "integer",
  }),
  AGE,
];

export const NAMESPACE_COLUMNS: readonly Column[] = [
  NAME,
  column<Namespace>("Status", "Active, or Terminating", ({ status }) => status?.phase ?? ""),
  AGE,
];

function nodeStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const word = ready === "True" ? "Ready" : ready === undefined ? "Unknown" : "NotReady";
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((each) => each.type === type)?.address ?? "<none>";
}

const info =
  (name: string) =>
  ({ status }: Node): string =>
    status?.nodeInfo?.[name] ?? "<unknown>";

function roles({ metadata }: Node): string {
  const prefix = "node-role.kubernetes.io/";
  const named = Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix) && label.length > prefix.length)
    .map((label) => label.slice(prefix.length));
  return named.length === 0 ? "<none>" : named.toSorted().join(",");
}

export const NODE_COLUMNS: readonly Column[] = [
  NAME,
  column<Node>("Status", "Whether pods run there", nodeStatus),
  column<Node>("Roles", "What it is for", roles),
  AGE,
  column<Node>("Version", "Version of the worker", info("kubeletVersion")),
  column<Node>("Internal-IP", "Address", (node) => address(node, "InternalIP"), WIDE),
  column<Node>("External-IP", "Address from outside", (node) => address(node, "ExternalIP"), WIDE),
  column<Node>("OS-Image", "Operating system", info("osImage"), WIDE),
  column<Node>("Kernel-Version", "Its kernel", info("kernelVersion"), WIDE),
  column<Node>("Container-Runtime", "What runs the pods", info("containerRuntimeVersion"), WIDE),
];

export const LEASE_COLUMNS: readonly Column[] = [
  NAME,
  column<Lease>("Holder", "Who holds it", ({ spec }) => spec?.holderIdentity ?? ""),
  AGE,
];

interface Series {
  series?: { count?: number; lastObservedTime?: string };
}

function lastSeen(event: Event & Series, now: number): string {
  const last = event.lastTimestamp ?? event.series?.lastObservedTime ?? event.eventTime;
  return age(last, now);
}

function source({ source: from = {}, reportingComponent, reportingInstance }: Event): string {
  const component = from.component ?? reportingComponent ?? "";
  const host = from.host ?? reportingInstance ?? "";
  return [component, host].filter((part) => part !== "").join(", ");
}

function eventObject({ involvedObject: about }: Event): string {
  return `${(about.kind ?? "").toLowerCase()}/${about.name ?? ""}`;
}

export const EVENT_COLUMNS: readonly Column[] = [
  column<Event>("Last Seen", "When it happened last", lastSeen),
  column<Event>("Type", "Normal, or Warning", ({ type = "" }) => type),
  column<Event>("Reason", "What happened, in a word", ({ reason = "" }) => reason),
  column<Event>("Object", "To what", eventObject),
  column<Event>(
    "Subobject",
    "Which part",
    ({ involvedObject }) => involvedObject.fieldPath ?? "",
    WIDE,
  ),
  column<Event>("Source", "Who saw it", source, WIDE),
  column<Event>("Message", "What happened", ({ message = "" }) => message.trim()),
  column<Event>(
    "First Seen",
    "When it happened first",
    ({ firstTimestamp, eventTime }, now) => age(firstTimestamp ?? eventTime, now),
    WIDE,
  ),
  column<Event & Series>("Count", "How often", ({ count, series }) => count ?? series?.count ?? 1, {
    ...WIDE,
    type: "integer",
  }),
  { ...NAME, priority: 1 },
];
