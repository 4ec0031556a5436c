import type { KubeObject } from "../objects/meta.ts";
import type { Call } from "./call.ts";
import { chooseForm, type Form } from "./negotiate.ts";
import { apiVersionOf, type Served } from "./served.ts";

const ALWAYS_STATUS: ReadonlySet<string> = new Set(["jobs", "cronjobs"]);

/** An object as a version shows it. Takes over what it gets. */
export function present(served: Served, object: KubeObject): KubeObject {
  const shown = served.conversion?.fromStored(object) ?? object;
  shown.apiVersion = apiVersionOf(served);
  // Kinds that have a status show it before there is one.
  if (ALWAYS_STATUS.has(served.resource.plural)) (shown as { status?: object }).status ??= {};
  return shown;
}

/** The form that this request wants objects in. */
export function formOf({ request }: Call): Form {
  return chooseForm(request.header("accept"));
}

/** Only what every object has. */
export function metadataOf({ metadata }: KubeObject): KubeObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
