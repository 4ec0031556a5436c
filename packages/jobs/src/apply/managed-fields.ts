import type { ManagedFieldsEntry, ObjectMeta, Time } from "../objects/meta.ts";
import {
  difference,
  EMPTY,
  type FieldSet,
  isEmptySet,
  readFieldsV1,
  union,
  writeFieldsV1,
} from "./field-set.ts";

/** Who owns fields. Two of one name that differ otherwise are two. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
}

export interface Ownership {
  readonly manager: Manager;
  readonly fields: FieldSet;
  readonly time: Time | undefined;
}

export function isSameManager(a: Manager, b: Manager): boolean {
  return (
    a.name === b.name &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    a.apiVersion === b.apiVersion
  );
}

/** An applier is the same one in every version of the API. */
export function isSameApplier(a: Manager, b: Manager): boolean {
  return (
    a.operation === "Apply" &&
    b.operation === "Apply" &&
    a.name === b.name &&
    a.subresource === b.subresource
  );
}

export function readOwners({ managedFields = [] }: ObjectMeta): Ownership[] {
  return managedFields
    .filter(({ manager, fieldsV1 }) => manager !== undefined && fieldsV1 !== undefined)
    .map(({ manager = "", operation = "Update", apiVersion = "", subresource = "", ...rest }) => ({
      manager: { name: manager, operation, apiVersion, subresource },
      fields: readFieldsV1(rest.fieldsV1),
      time: rest.time,
    }));
}

/** Writes who owns what; who owns nothing is left out. */
export function writeOwners(metadata: ObjectMeta, owners: readonly Ownership[]): void {
  const entries = owners
    .filter(({ fields }) => !isEmptySet(fields))
    .map(({ manager, fields, time }): ManagedFieldsEntry => {
      const { name, operation, apiVersion, subresource } = manager;
      return {
        manager: name,
        operation,
        apiVersion,
        ...(time === undefined ? {} : { time }),
        fieldsType: "FieldsV1",
        fieldsV1: writeFieldsV1(fields),
        ...(subresource === "" ? {} : { subresource }),
      };
    });
  if (entries.length === 0) delete metadata.managedFields;
  else metadata.managedFields = entries;
}

/** Everybody else loses `taken`; the manager gets `gained`. All lose what is `removed`. */
export function handOver(
  owners: readonly Ownership[],
  manager: Manager,
  { gained, removed, time }: { gained: FieldSet; removed: FieldSet; time: Time },
): Ownership[] {
  const without = (fields: FieldSet): FieldSet => difference(difference(fields, gained), removed);
  const touched = !isEmptySet(gained) || !isEmptySet(removed);
  const own = (before?: Ownership): Ownership => ({
    manager,
    fields: union(difference(before?.fields ?? EMPTY, removed), gained),
    time: touched ? time : before?.time,
  });
  const known = owners.some((owner) => isSameManager(owner.manager, manager));
  const after = owners.map((owner) =>
    isSameManager(owner.manager, manager)
      ? own(owner)
      : { ...owner, fields: without(owner.fields) },
  );
  return known ? after : [...after, own()];
}
