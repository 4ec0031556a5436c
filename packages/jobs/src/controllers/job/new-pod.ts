import type { Job } from "../../objects/job.ts";
import { controllerReference } from "../../objects/meta.ts";
import type { Container, Pod } from "../../objects/pod.ts";
import { failureAnnotations } from "./index-failures.ts";
import { INDEX_ANNOTATION, TRACKING_FINALIZER } from "./pod-state.ts";

/** Characters of a name before its random end. */
const NAME_BASE_MAX = 58;
const INDEX_VARIABLE = "JOB_COMPLETION_INDEX";

/** A pod of this Job, not stored yet: it has `generateName`. */
export function newPod(job: Job): Pod {
  const { metadata = {}, spec } = structuredClone(job.spec.template);
  const finalizers = metadata.finalizers ?? [];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name: "",
      generateName: `${job.metadata.name.slice(0, NAME_BASE_MAX - 1)}-`,
      ...(job.metadata.namespace === undefined ? {} : { namespace: job.metadata.namespace }),
      ownerReferences: [controllerReference(job)],
      finalizers: [...finalizers.filter((name) => name !== TRACKING_FINALIZER), TRACKING_FINALIZER],
    },
    spec,
  };
}

/** The pod of a completion index; `replaced` is the failed one before it, where failures are counted per index. */
export function newIndexedPod(job: Job, index: number, replaced: Pod | undefined): Pod {
  const pod = newPod(job);
  const { metadata, spec } = pod;
  const ending = `-${index}-`;
  metadata.generateName = job.metadata.name.slice(0, NAME_BASE_MAX - ending.length) + ending;
  metadata.labels = { ...metadata.labels, [INDEX_ANNOTATION]: String(index) };
  metadata.annotations = {
    ...metadata.annotations,
    [INDEX_ANNOTATION]: String(index),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : failureAnnotations(job, replaced)),
  };
  spec.hostname = `${job.metadata.name}-${index}`;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) addIndex(container);
  return pod;
}

function addIndex(container: Container): void {
  if (container.env?.some(({ name }) => name === INDEX_VARIABLE) === true) return;
  const fieldPath = `metadata.labels['${INDEX_ANNOTATION}']`;
  const variable = {
    name: INDEX_VARIABLE,
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } },
  };
  container.env = [...(container.env ?? []), variable];
}
