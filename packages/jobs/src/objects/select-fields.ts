import { badRequest } from "../errors.ts";
import type { Event } from "./core.ts";
import type { Job } from "./job.ts";
import type { KubeObject } from "./meta.ts";
import type { Pod } from "./pod.ts";
import type { Resource } from "./resource.ts";

type Fields = Record<string, string>;

function podFields({ spec, status = {} }: Pod): Fields {
  return {
    "spec.nodeName": spec.nodeName ?? "",
    "spec.restartPolicy": spec.restartPolicy ?? "",
    "spec.schedulerName": "default-scheduler",
    "spec.serviceAccountName": spec.serviceAccountName ?? "",
    "status.phase": status.phase ?? "",
    "status.podIP": status.podIP ?? "",
    "status.nominatedNodeName": status.nominatedNodeName ?? "",
  };
}

function eventFields(event: Event): Fields {
  const { involvedObject: about, source = {} } = event;
  return {
    "involvedObject.kind": about.kind ?? "",
    "involvedObject.namespace": about.namespace ?? "",
    "involvedObject.name": about.name ?? "",
    "involvedObject.uid": about.uid ?? "",
    "involvedObject.apiVersion": about.apiVersion ?? "",
    "involvedObject.resourceVersion": about.resourceVersion ?? "",
    "involvedObject.fieldPath": about.fieldPath ?? "",
    reason: event.reason ?? "",
    reportingComponent: event.reportingComponent ?? "",
    source: source.component ?? event.reportingComponent ?? "",
    type: event.type ?? "",
  };
}

const FIELDS: Readonly<Record<string, (object: KubeObject) => Fields>> = {
  pods: (object) => podFields(object as Pod),
  events: (object) => eventFields(object as Event),
  jobs: (object) => ({ "status.successful": String((object as Job).status?.succeeded ?? 0) }),
  nodes: (object) => {
    const { spec } = object as { spec?: { unschedulable?: boolean } };
    return { "spec.unschedulable": String(spec?.unschedulable ?? false) };
  },
  namespaces: (object) => {
    const { status } = object as { status?: { phase?: string } };
    return { "status.phase": status?.phase ?? "" };
  },
  secrets: (object) => ({ type: (object as { type?: string }).type ?? "" }),
};

function fieldsOf(resource: Resource, object: KubeObject): Fields {
  return {
    "metadata.name": object.metadata.name,
    ...(resource.namespaced ? { "metadata.namespace": object.metadata.namespace ?? "" } : {}),
    ...FIELDS[resource.plural]?.(object),
  };
}

interface Term {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

function term(text: string): Term {
  const match = /^([^=!]+)(==|=|!=)(.*)$/s.exec(text);
  if (match === null) {
    throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  }
  const [, field = "", operator, value = ""] = match;
  return { field, equal: operator !== "!=", value: value.replaceAll(/\\([\\,=])/g, "$1") };
}

/** A field selector: which objects it takes, and the one name that it asks for, if it does. */
export interface FieldSelector {
  readonly matches: (object: KubeObject) => boolean;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

const PROBE: KubeObject = {
  apiVersion: "",
  kind: "",
  metadata: { name: "" },
};

function unknownField({ plural }: Resource, field: string): string {
  if (plural === "jobs") return `field label "${field}" not supported for Job`;
  if (Object.hasOwn(FIELDS, plural)) return `field label not supported: ${field}`;
  return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/**
 * Reads `metadata.name=x,status.phase!=Running`. Raises `BadRequest` for a field that this resource cannot be asked by.
 */
export function fieldSelector(resource: Resource, text: string): FieldSelector {
  const terms = text === "" ? [] : text.split(/(?<!\\),/).map(term);
  const probe = { ...PROBE, spec: {}, involvedObject: {} };
  const known = fieldsOf(resource, probe);
  for (const { field } of terms) {
    if (!Object.hasOwn(known, field)) {
      throw badRequest(unknownField(resource, field));
    }
  }
  const asked = (field: string): string | undefined =>
    terms.find((each) => each.equal && each.field === field)?.value;
  return {
    matches: (object) => {
      if (terms.length === 0) return true;
      const fields = fieldsOf(resource, object);
      return terms.every(({ field, equal, value }) => (fields[field] === value) === equal);
    },
    name: asked("metadata.name"),
    namespace: asked("metadata.namespace"),
  };
}
