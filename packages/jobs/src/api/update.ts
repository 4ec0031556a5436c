import { trackUpdate } from "../apply/server-side-apply.ts";
import { badRequest, conflict, MODIFIED } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { Namespace } from "../objects/core.ts";
import type { KubeObject } from "../objects/meta.ts";
import { prepareChanged } from "../objects/prepare.ts";
import { validateChange } from "../objects/validate.ts";
import { type Call, isDryRun } from "./call.ts";
import { settleNamespace } from "./create.ts";
import { changeOf } from "./field-manager.ts";
import { objectReply } from "./object-reply.ts";
import { present } from "./present.ts";
import { readObject } from "./read-body.ts";

/** Whether it is still to be noted who owns the fields that change. */
export type Owners = "to track" | "tracked";

/** The current object as this request's version shows it, to what shall take its place. */
export type ChangeShown = (shown: KubeObject) => KubeObject | Promise<KubeObject>;

/** What only the server sets stays as it is, whatever a client sends. */
function keepServerFields(current: KubeObject, next: KubeObject): void {
  const { metadata: had } = current;
  const kept = {
    name: had.name,
    uid: had.uid,
    creationTimestamp: had.creationTimestamp,
    deletionTimestamp: had.deletionTimestamp,
    deletionGracePeriodSeconds: had.deletionGracePeriodSeconds,
    generation: had.generation,
    generateName: had.generateName,
  };
  const metadata = { ...next.metadata, ...kept };
  for (const [key, value] of Object.entries(kept)) {
    if (value === undefined) delete (metadata as Record<string, unknown>)[key];
  }
  next.metadata = metadata as KubeObject["metadata"];
}

/** The main resource leaves the status as it is, `status` all but the status and metadata. */
function keepOtherPart({ target }: Call, current: KubeObject, next: KubeObject): KubeObject {
  const { subresources, resource } = target.served;
  if (resource.plural === "namespaces" && target.subresource?.name !== "finalize") {
    // Only the controller that empties a namespace takes its finalizers off.
    const { spec } = current as Namespace;
    if (spec !== undefined) (next as Namespace).spec = spec;
  }
  if (!subresources.some(({ name }) => name === "status")) return next;
  const { status: had } = current as { status?: unknown };
  if (target.subresource?.name === "status") {
    const { status } = next as { status?: unknown };
    const { status: _, ...rest } = current as KubeObject & { status?: unknown };
    return {
      ...rest,
      metadata: next.metadata,
      ...(status === undefined ? {} : { status }),
    } as KubeObject;
  }
  const { status: _, ...rest } = next as KubeObject & { status?: unknown };
  return { ...rest, ...(had === undefined ? {} : { status: had }) } as KubeObject;
}

function checkIdentity(call: Call, current: KubeObject, next: KubeObject): void {
  const { resource } = call.target.served;
  const { name, uid, resourceVersion = "" } = next.metadata;
  if (uid !== undefined && uid !== "" && uid !== current.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
    throw conflict(resource, name, why);
  }
  if (resourceVersion !== "" && resourceVersion !== current.metadata.resourceVersion) {
    throw conflict(resource, name, MODIFIED);
  }
}

/**
 * Changes the object of the path: what the request may not change is put back, the rest is checked and stored. Without
 * a resource version in the new object it is tried again when somebody was faster.
 */
export async function changeObject(
  call: Call,
  change: ChangeShown,
  owners: Owners = "to track",
): Promise<KubeObject> {
  const { api, target, request } = call;
  const { served, namespace, name } = target;
  const { resource, conversion } = served;
  const next = async (current: KubeObject): Promise<KubeObject> => {
    const shown = await change(present(served, structuredClone(current)));
    if (shown.metadata.name !== name && shown.metadata.name !== "") {
      throw badRequest(
        `the name of the object (${shown.metadata.name}) does not match the name on the URL (${name})`,
      );
    }
    const stored = conversion?.toStored(shown) ?? shown;
    settleNamespace(call, stored);
    checkIdentity(call, current, stored);
    keepServerFields(current, stored);
    const merged = keepOtherPart(call, current, stored);
    merged.apiVersion = current.apiVersion;
    merged.kind = current.kind;
    return merged;
  };
  const fields = owners === "tracked" ? undefined : changeOf(call, "Update");
  const check = (current: KubeObject, changed: KubeObject): void => {
    validateChange(resource, current, changed, target.subresource?.name ?? "");
    if (fields !== undefined) trackUpdate(current, changed, fields);
  };
  if (!isDryRun(request.query.getAll("dryRun"))) {
    return await api.store.modify(resource, namespace, name, next, check);
  }
  const current = await api.store.get(resource, namespace, name);
  const changed = await next(current);
  prepareChanged(resource, current, changed);
  check(current, changed);
  changed.metadata.resourceVersion = current.metadata.resourceVersion ?? "";
  return changed;
}

export async function update(call: Call): Promise<HttpReply> {
  const object = await readObject(call);
  return objectReply(call, await changeObject(call, () => structuredClone(object)));
}
