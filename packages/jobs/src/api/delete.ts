import { ApiError } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { DeleteOptions, PropagationPolicy } from "../storage/decide-delete.ts";
import { type Call, isDryRun, queryNumber } from "./call.ts";
import { selectionOf } from "./list.ts";
import { objectReply } from "./object-reply.ts";
import { present } from "./present.ts";
import { readDeleteOptions } from "./read-body.ts";
import { jsonReply, success } from "./reply.ts";
import { apiVersionOf } from "./served.ts";

const POLICIES: readonly string[] = ["Background", "Foreground", "Orphan"];

const ORPHANS =
  "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

interface Asked {
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

interface Body {
  propagationPolicy?: string;
  orphanDependents?: boolean;
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

function policyOf(
  asked: string | undefined,
  orphan: boolean | undefined,
): PropagationPolicy | undefined {
  if (asked === undefined || asked === "") {
    if (orphan === undefined) return undefined;
    return orphan ? "Orphan" : "Background";
  }
  if (POLICIES.includes(asked)) return asked as PropagationPolicy;
  throw new ApiError(
    "Invalid",
    `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "${asked}": supported values: "Background", "Foreground", "Orphan"`,
  );
}

async function read({ request }: Call): Promise<Asked> {
  const { query } = request;
  const body: Body = await readDeleteOptions(request);
  const grace = body.gracePeriodSeconds ?? queryNumber(query, "gracePeriodSeconds");
  const orphan = query.get("orphanDependents");
  const policy = policyOf(
    body.propagationPolicy ?? query.get("propagationPolicy") ?? undefined,
    body.orphanDependents ?? (orphan === null ? undefined : orphan === "true"),
  );
  const { uid, resourceVersion } = body.preconditions ?? {};
  return {
    dryRun: isDryRun([...(body.dryRun ?? []), ...query.getAll("dryRun")]),
    options: {
      ...(policy === undefined ? {} : { propagationPolicy: policy }),
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}

function warnOfOrphans({ target, warnings }: Call, { propagationPolicy }: DeleteOptions): void {
  if (target.served.resource.plural === "jobs" && propagationPolicy === undefined) {
    warnings.push(ORPHANS);
  }
}

/** Deletes one object: answers with a success, or with the object while it waits. */
export async function deleteOne(call: Call): Promise<HttpReply> {
  const { api, target } = call;
  const { served, namespace, name } = target;
  const { options, dryRun } = await read(call);
  warnOfOrphans(call, options);
  const { resource } = served;
  const { object, gone } = dryRun
    ? { object: await api.store.get(resource, namespace, name), gone: true }
    : await api.store.delete(resource, namespace, name, options);
  if (!gone) return objectReply(call, object);
  const { uid } = object.metadata;
  return jsonReply(
    success({
      name,
      ...(resource.group === "" ? {} : { group: resource.group }),
      kind: resource.plural,
      ...(uid === undefined ? {} : { uid }),
    }),
  );
}

/** Deletes all objects of a selection, one after the other. */
export async function deleteCollection(call: Call): Promise<HttpReply> {
  const { api, target } = call;
  const { served } = target;
  const { options, dryRun } = await read(call);
  warnOfOrphans(call, options);
  const { items, resourceVersion } = await api.store.list(served.resource, selectionOf(call));
  const deleted: KubeObject[] = [];
  for (const { metadata } of items) {
    const { namespace = "", name } = metadata;
    if (dryRun) continue;
    const { object } = await api.store
      .delete(served.resource, namespace, name, options)
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.reason === "NotFound") return { object: undefined };
        throw error;
      });
    if (object !== undefined) deleted.push(present(served, object));
  }
  return jsonReply({
    kind: `${served.resource.kind}List`,
    apiVersion: apiVersionOf(served),
    metadata: { resourceVersion },
    items: deleted,
  });
}
