import { trackUpdate } from "../apply/server-side-apply.ts";
import { alreadyExists, ApiError, badRequest, isReason, notFound } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import { EVENT_TTL_SECONDS } from "../limits.ts";
import type { Namespace } from "../objects/core.ts";
import type { KubeObject } from "../objects/meta.ts";
import { validateNew, warningsOf } from "../objects/validate.ts";
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from "../objects/resources.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Call, isDryRun } from "./call.ts";
import { changeOf } from "./field-manager.ts";
import { objectReply } from "./object-reply.ts";
import { readObject } from "./read-body.ts";

/** Gives `object` the namespace of the path; a different one of its own is an error. */
export function settleNamespace({ target }: Call, object: KubeObject): void {
  const { metadata } = object;
  if (!target.served.resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  if ((metadata.namespace ?? "") !== "" && metadata.namespace !== target.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  metadata.namespace = target.namespace;
}

/** Nothing begins in a namespace that is not there or is going. */
async function checkNamespace(call: Call, object: KubeObject): Promise<void> {
  const { served, namespace } = call.target;
  if (!served.resource.namespaced) return;
  const found = await call.api.store.find(NAMESPACES, "", namespace);
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const { plural, group } = served.resource;
  const { name } = object.metadata;
  const kind = group === "" ? plural : `${plural}.${group}`;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new ApiError("Forbidden", `${kind} "${name}" is forbidden: ${why}`, {
    details: {
      name,
      ...(group === "" ? {} : { group }),
      kind: plural,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  });
}

/** Every namespace has them; clients wait for both before they begin. */
async function createCompanions(store: ObjectStore, namespace: string): Promise<void> {
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace },
  };
  const roots = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kube-root-ca.crt", namespace },
    data: { "ca.crt": "" },
  };
  for (const [resource, object] of [
    [SERVICE_ACCOUNTS, account],
    [CONFIG_MAPS, roots],
  ] as const) {
    await store.create(resource, object).catch((error: unknown) => {
      if (!isReason(error, "AlreadyExists")) throw error;
    });
  }
}

/** Creates a namespace with what belongs to each; also at the start, for those that must be there. */
export async function createNamespace(store: ObjectStore, object: Namespace): Promise<Namespace> {
  const created = await store.create(NAMESPACES, object);
  await createCompanions(store, created.metadata.name);
  return created;
}

async function insert(call: Call, object: KubeObject): Promise<KubeObject> {
  const { store } = call.api;
  const { resource } = call.target.served;
  const options = resource.plural === "events" ? { ttlSeconds: EVENT_TTL_SECONDS } : {};
  const created = await store.insert(resource, object, options);
  if (resource.plural === "namespaces") await createCompanions(store, created.metadata.name);
  return created;
}

export async function create(call: Call): Promise<HttpReply> {
  const { conversion } = call.target.served;
  if (call.target.name !== "") {
    throw new ApiError("MethodNotAllowed", "create is for collections");
  }
  const object = await readObject(call);
  const created = await createObject(call, conversion?.toStored(object) ?? object);
  return objectReply(call, created, 201);
}

/** Takes from a new object what only the server gives. */
function dropServerFields({ metadata, ...rest }: KubeObject): KubeObject {
  if ((metadata.resourceVersion ?? "") !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const {
    uid: _,
    resourceVersion: __,
    generation: ___,
    creationTimestamp: ____,
    deletionTimestamp: _____,
    deletionGracePeriodSeconds: ______,
    ...kept
  } = metadata;
  const { status: _______, ...content } = rest as Record<string, unknown>;
  return { ...content, metadata: kept } as KubeObject;
}

/** Checks, completes and stores a new object of the path's kind; also when an apply finds none. */
export async function createObject(
  call: Call,
  object: KubeObject,
  owners: "to track" | "tracked" = "to track",
): Promise<KubeObject> {
  const { store } = call.api;
  const { resource } = call.target.served;
  const draft = dropServerFields(object);
  if (owners === "to track") delete draft.metadata.managedFields;
  settleNamespace(call, draft);
  await checkNamespace(call, draft);
  const completed = store.complete(resource, draft);
  validateNew(resource, completed);
  call.warnings.push(...warningsOf(resource, completed));
  const fields = owners === "tracked" ? undefined : changeOf(call, "Update");
  if (fields !== undefined) trackUpdate(undefined, completed, fields);
  if (!isDryRun(call.request.query.getAll("dryRun"))) return await insert(call, completed);
  const { namespace = "", name } = completed.metadata;
  const there = await store.find(resource, namespace, name);
  if (there !== undefined) throw alreadyExists(resource, name);
  return completed;
}
