import { ApiError, type StatusCause } from "../errors.ts";
import type { KubeObject, Time } from "../objects/meta.ts";
import type { MessageType } from "../schema/notation.ts";
import { compareViews } from "./compare-views.ts";
import {
  difference,
  EMPTY,
  type FieldSet,
  intersection,
  isEmptySet,
  pathsOf,
  setOf,
  union,
} from "./field-set.ts";
import {
  handOver,
  isSameApplier,
  type Manager,
  type Ownership,
  readOwners,
  writeOwners,
} from "./managed-fields.ts";
import { mergeApplied, pruneFields } from "./merge-applied.ts";
import { viewObject } from "./view.ts";

type Json = Record<string, unknown>;

/** What all who change an object's fields say. */
export interface Change {
  readonly type: MessageType;
  readonly manager: Manager;
  readonly time: Time;
  /** Top-level fields that the request does not touch: `status`, or all but it. */
  readonly untouched: readonly string[];
}

function printed({ name, operation, apiVersion, subresource }: Manager): string {
  const where = subresource === "" ? "" : ` with subresource "${subresource}"`;
  return `"${name}"${where}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}

function conflictError(conflicts: readonly { manager: Manager; paths: string[] }[]): ApiError {
  const causes = conflicts.flatMap(({ manager, paths }) =>
    paths.map((field): StatusCause => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${printed(manager)}`,
      field,
    })),
  );
  const [only] = causes;
  const text =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${conflicts
          .map(({ manager, paths }) =>
            [`conflicts with ${printed(manager)}:`, ...paths.map((path) => `- ${path}`)].join("\n"),
          )
          .join("\n")}`;
  return new ApiError("Conflict", text, { details: { causes } });
}

function checkConflicts(others: readonly Ownership[], taken: FieldSet): void {
  const conflicts = others
    .map(({ manager, fields }) => ({ manager, paths: pathsOf(intersection(fields, taken)) }))
    .filter(({ paths }) => paths.length > 0)
    .toSorted((a, b) => (a.manager.name < b.manager.name ? -1 : 1));
  if (conflicts.length > 0) throw conflictError(conflicts);
}

function all(owners: readonly Ownership[]): FieldSet {
  return owners.reduce((fields, owner) => union(fields, owner.fields), EMPTY);
}

/**
 * Server-side apply: `live` with what `applied` says, and without what this manager applied before and says no more,
 * unless somebody else owns it too. Raises `Conflict` where a value would change that another owns; `force` takes it.
 */
export function applyFields(
  live: KubeObject,
  applied: Json,
  change: Change,
  force: boolean,
): KubeObject {
  const { type, manager, time, untouched } = change;
  const owners = readOwners(live.metadata);
  const others = owners.filter((owner) => !isSameApplier(owner.manager, manager));
  const before = owners.find((owner) => isSameApplier(owner.manager, manager));
  const wanted = setOf(viewObject(type, applied, untouched));
  const merged = mergeApplied(type, live as unknown as Json, applied);
  const liveView = viewObject(type, live, untouched);
  const { changed } = compareViews(liveView, viewObject(type, merged, untouched));
  const taken = intersection(changed, wanted);
  if (!force) checkConflicts(others, taken);
  const kept = others.map((owner) => ({ ...owner, fields: difference(owner.fields, taken) }));
  const gone = difference(difference(before?.fields ?? EMPTY, wanted), all(kept));
  const result = pruneFields(type, merged, gone, union(wanted, all(kept))) as unknown as KubeObject;
  const same =
    before !== undefined &&
    isEmptySet(difference(wanted, before.fields)) &&
    isEmptySet(difference(before.fields, wanted)) &&
    isEmptySet(changed);
  const own = { manager, fields: wanted, time: same ? before.time : time };
  writeOwners(result.metadata, [own, ...kept]);
  return result;
}

/** Notes in `next` who owns what after an update that made it of `live`. */
export function trackUpdate(live: KubeObject | undefined, next: KubeObject, change: Change): void {
  const { type, manager, time, untouched } = change;
  const given = next.metadata.managedFields;
  const owners = readOwners(
    given === undefined ? (live?.metadata ?? next.metadata) : next.metadata,
  );
  const view = viewObject(type, next, untouched);
  const before = live === undefined ? undefined : viewObject(type, live, untouched);
  const { changed, removed } = compareViews(before, view);
  // A client that sets the list of owners itself, to hand fields over, is believed.
  const reset = given !== undefined && owners.length === 0;
  if (reset) delete next.metadata.managedFields;
  else writeOwners(next.metadata, handOver(owners, manager, { gained: changed, removed, time }));
}
