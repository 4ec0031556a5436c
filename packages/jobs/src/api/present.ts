import type { KubeObject } from "../objects/meta.ts";
import type { Call } from "./call.ts";
import { chooseForm, type Form } from "./negotiate.ts";
import { apiVersionOf, type Served } from "./served.ts";

/** An object as a version shows it. Takes over what it gets. */
export function present(served: Served, object: KubeObject): KubeObject {
  const shown = served.conversion?.fromStored(object) ?? object;
  shown.apiVersion = apiVersionOf(served);
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
