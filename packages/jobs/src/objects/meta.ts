/**
 * What every object has. Types name the fields that are used here; fields that are not named are kept as they came,
 * from the request to the store and back.
 */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Times are RFC 3339 in UTC with whole seconds: `2026-11-30T09:00:00Z`. */
export type Time = string;
/** RFC 3339 with microseconds: `2026-11-30T09:00:00.000000Z`. */
export type MicroTime = string;

export interface ObjectMeta {
  /** Empty in a request that gives `generateName` instead. */
  name: string;
  generateName?: string;
  /** Missing for what belongs to no namespace. */
  namespace?: string;
  uid?: string;
  /** The etcd revision of the last change as a decimal number. Given by the store, never stored in the value. */
  resourceVersion?: string;
  /** Counts changes of `spec`. */
  generation?: number;
  creationTimestamp?: Time | null;
  /** Set once: the object is going, and is gone when `finalizers` is empty. */
  deletionTimestamp?: Time;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: "Apply" | "Update";
  apiVersion?: string;
  time?: Time;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

/** A condition of a Job, Pod or Node. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastProbeTime?: Time | null;
  lastTransitionTime?: Time | null;
}

/** The time of a clock in milliseconds, as objects carry it. */
export function timeText(wallTimeMs: number): Time {
  return `${new Date(wallTimeMs).toISOString().slice(0, 19)}Z`;
}

/** The same with microseconds. */
export function microTimeText(wallTimeMs: number): MicroTime {
  return `${new Date(wallTimeMs).toISOString().slice(0, 23)}000Z`;
}

/** The owner reference that makes `owner` the controller of what carries it. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The reference to the one controller of an object, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}
