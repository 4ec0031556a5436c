import { parseDocument, stringify } from "yaml";
import { decodeCbor } from "./cbor.ts";

/** JSON text as YAML; whole numbers keep all their digits. */
export function jsonToYaml(text: string): string[] {
  const document = parseDocument(text, { intAsBigInt: true, schema: "json", strict: false });
  return stringify(document.toJS(), { lineWidth: 0 }).trimEnd().split("\n");
}

/** A CBOR value of Kubernetes as YAML; what is malformed says so. */
export function cborToYaml(bytes: Uint8Array): string[] {
  try {
    return stringify(decodeCbor(bytes), { lineWidth: 0 }).trimEnd().split("\n");
  } catch (error) {
    return [`# not well-formed: ${error instanceof Error ? error.message : String(error)}`];
  }
}
