import { ANNOTATIONS_BYTES_MAX } from "../limits.ts";
import type { FieldErrors } from "./field-errors.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "./meta.ts";
import {
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from "./names.ts";
import type { Resource } from "./resource.ts";

export function validateLabels(
  errors: FieldErrors,
  labels: Record<string, string> | undefined,
  path: string,
): void {
  for (const [name, value] of Object.entries(labels ?? {})) {
    for (const problem of qualifiedNameProblems(name)) errors.invalid(path, name, problem);
    for (const problem of labelValueProblems(value)) errors.invalid(path, value, problem);
  }
}

export function validateAnnotations(
  errors: FieldErrors,
  annotations: Record<string, string> | undefined,
  path: string,
): void {
  let size = 0;
  for (const [name, value] of Object.entries(annotations ?? {})) {
    for (const problem of qualifiedNameProblems(name.toLowerCase())) {
      errors.invalid(path, name, problem);
    }
    size += name.length + value.length;
  }
  if (size > ANNOTATIONS_BYTES_MAX) errors.tooLong(path, ANNOTATIONS_BYTES_MAX);
}

function validateOwners(
  errors: FieldErrors,
  owners: readonly OwnerReference[],
  path: string,
): void {
  for (const [index, { apiVersion, kind, name, uid }] of owners.entries()) {
    const at = `${path}[${index}]`;
    if ((apiVersion ?? "") === "")
      errors.invalid(`${at}.apiVersion`, "", "version must not be empty");
    if ((kind ?? "") === "") errors.invalid(`${at}.kind`, "", "kind must not be empty");
    if ((name ?? "") === "") errors.invalid(`${at}.name`, "", "name must not be empty");
    if ((uid ?? "") === "") errors.invalid(`${at}.uid`, "", "uid must not be empty");
  }
  const controllers = owners.filter(({ controller }) => controller === true);
  const [first, second] = controllers;
  if (first !== undefined && second !== undefined) {
    const named = ({ kind, name }: OwnerReference): string => `${kind}/${name}`;
    errors.invalid(
      path,
      owners,
      `Only one reference can have Controller set to true. Found "true" in references for ${named(first)} and ${named(second)}`,
    );
  }
}

function validateFinalizers(
  errors: FieldErrors,
  finalizers: readonly string[],
  path: string,
): void {
  for (const name of finalizers) {
    for (const problem of qualifiedNameProblems(name)) errors.invalid(path, name, problem);
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

function validateParts(errors: FieldErrors, metadata: ObjectMeta): void {
  validateLabels(errors, metadata.labels, "metadata.labels");
  validateAnnotations(errors, metadata.annotations, "metadata.annotations");
  validateOwners(errors, metadata.ownerReferences ?? [], "metadata.ownerReferences");
  validateFinalizers(errors, metadata.finalizers ?? [], "metadata.finalizers");
}

/** Metadata of a new object. */
export function validateMeta(
  errors: FieldErrors,
  resource: Resource,
  { metadata }: KubeObject,
): void {
  const { name, generateName = "" } = metadata;
  const problems = resource.plural === "namespaces" ? labelProblems : subdomainProblems;
  if (generateName !== "") {
    for (const problem of problems(generateName.replace(/[-.]$/, "x"))) {
      errors.invalid("metadata.generateName", generateName, problem);
    }
  }
  if (name === "") errors.required("metadata.name", "name or generateName is required");
  else for (const problem of problems(name)) errors.invalid("metadata.name", name, problem);
  validateParts(errors, metadata);
}

/** Metadata of a changed object. */
export function validateMetaUpdate(
  errors: FieldErrors,
  current: KubeObject,
  next: KubeObject,
): void {
  if (current.metadata.deletionTimestamp !== undefined) {
    const had = current.metadata.finalizers ?? [];
    const added = (next.metadata.finalizers ?? []).filter((name) => !had.includes(name));
    if (added.length > 0) {
      const shown = added.map((name) => `"${name}"`).join(", ");
      errors.forbidden(
        "metadata.finalizers",
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`,
      );
    }
  }
  validateParts(errors, next.metadata);
}
