import { fromBase64, type KeyMissing, type KeyValueView } from "@nodetcd/console/contract";
import { decodeKubernetes } from "../pages/keys/kubernetes.ts";
import { hexLines, indentJson, valueKind } from "../pages/keys/value-kind.ts";

/** A value as lines that can be compared: JSON indented, objects as fields, other bytes as hexadecimal. */
export function comparableText(view: KeyValueView | KeyMissing | undefined): string {
  if (view === undefined || "missing" in view) return "";
  return comparableBytes(fromBase64(view.value));
}

export function comparableBytes(bytes: Uint8Array): string {
  const value = valueKind(bytes);
  if (value.kind === "json") return indentJson(value.text);
  if (value.kind === "text") return value.text;
  if (value.kind === "kubernetes") return decodeKubernetes(bytes)?.lines.join("\n") ?? "";
  return hexLines(bytes, 4_096).join("\n");
}
