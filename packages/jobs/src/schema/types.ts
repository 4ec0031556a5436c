import { BATCH_TYPES } from "./batch-types.ts";
import { CONTAINER_TYPES } from "./container-types.ts";
import { CORE_TYPES } from "./core-types.ts";
import { META_TYPES } from "./meta-types.ts";
import { type MessageType, readTypes } from "./notation.ts";
import { POD_STATUS_TYPES } from "./pod-status-types.ts";
import { POD_TYPES } from "./pod-types.ts";
import { REVIEW_TYPES } from "./review-types.ts";
import { SLOT_TYPES } from "./slot-types.ts";
import { VOLUME_TYPES } from "./volume-types.ts";

/** All types by their ids. */
export const TYPES: ReadonlyMap<string, MessageType> = readTypes([
  META_TYPES,
  CORE_TYPES,
  POD_TYPES,
  CONTAINER_TYPES,
  VOLUME_TYPES,
  POD_STATUS_TYPES,
  BATCH_TYPES,
  REVIEW_TYPES,
  SLOT_TYPES,
]);

const PACKAGES: Readonly<Record<string, string>> = {
  "": "io.k8s.api.core.v1",
  batch: "io.k8s.api.batch.v1",
  policy: "io.k8s.api.policy.v1",
  "events.k8s.io": "io.k8s.api.events.v1",
  "coordination.k8s.io": "io.k8s.api.coordination.v1",
  "authorization.k8s.io": "io.k8s.api.authorization.v1",
  "authentication.k8s.io": "io.k8s.api.authentication.v1",
  "nodetcd.io": "io.nodetcd.v1",
  "meta.k8s.io": "io.k8s.apimachinery.pkg.apis.meta.v1",
};

/** The type of a kind. All versions of a group have the same. `undefined` for kinds that are only listed. */
export function typeOf(group: string, kind: string): MessageType | undefined {
  return TYPES.get(`${PACKAGES[group]}.${kind}`);
}

/** The type that is known to be there. */
export function metaType(name: "ObjectMeta" | "DeleteOptions"): MessageType {
  return TYPES.get(`${PACKAGES["meta.k8s.io"]}.${name}`)!;
}
