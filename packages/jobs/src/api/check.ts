import { ApiError, badRequest } from "../errors.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Call } from "./call.ts";

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Takes from a new object what only the server gives, and refuses what is not valid. */
export function checkNew({ target }: Call, object: KubeObject): void {
  const { metadata } = object;
  if ((metadata.resourceVersion ?? "") !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  delete metadata.uid;
  delete metadata.resourceVersion;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.managedFields;
  delete (object as { status?: unknown }).status;
  checkName(target.served.resource, object);
}

function checkName(resource: { kind: string; group: string }, { metadata }: KubeObject): void {
  const { name, generateName = "" } = metadata;
  const shown = name === "" ? generateName : name;
  if (shown === "") {
    throw invalid(
      resource,
      "",
      "metadata.name",
      "Required value: name or generateName is required",
    );
  }
  if (name !== "" && (!NAME.test(name) || name.length > 253)) {
    throw invalid(
      resource,
      name,
      "metadata.name",
      `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    );
  }
}

function invalid(
  { kind, group }: { kind: string; group: string },
  name: string,
  field: string,
  message: string,
): ApiError {
  const qualifiedKind = group === "" ? kind : `${kind}.${group}`;
  return new ApiError("Invalid", `${qualifiedKind} "${name}" is invalid: ${field}: ${message}`, {
    details: {
      name,
      ...(group === "" ? {} : { group }),
      kind,
      causes: [{ reason: "FieldValueInvalid", message, field }],
    },
  });
}
