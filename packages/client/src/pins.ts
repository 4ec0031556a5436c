import type { KeyValue } from "./key-value.ts";

/**
 * Where pins are: one key each, `nodetcd/pins/<lease in hex>`, with the pin's lease, whose value is JSON with the
 * `revision` that must stay readable. Never inside a namespace: revisions belong to the whole store.
 */
export const PIN_PREFIX = "nodetcd/pins/";

/** Somebody's wish that a revision stays readable; see `Client.pin`. */
export interface Pin {
  readonly key: string;
  readonly revision: number;
  /** What its owner says it is for; may be empty. */
  readonly reason: string;
  /** It goes when this lease ends. */
  readonly lease: bigint;
  readonly createRevision: number;
}

/** The pin in this key; `undefined` when it is none, such as one that somebody wrote by hand. */
export function readPin(keyValue: KeyValue): Pin | undefined {
  let value: unknown;
  try {
    value = keyValue.json();
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("revision" in value)) return undefined;
  const { revision } = value;
  if (typeof revision !== "number" || !Number.isSafeInteger(revision) || revision < 1) {
    return undefined;
  }
  const reason = "reason" in value && typeof value.reason === "string" ? value.reason : "";
  const { lease, createRevision } = keyValue;
  return { key: keyValue.keyText(), revision, reason, lease, createRevision };
}
