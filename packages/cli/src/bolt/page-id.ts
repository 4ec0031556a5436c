import { usageError } from "./command-error.ts";

/** Page and item numbers among the arguments, in decimal. Raises a usage error. */
export function parsePageId(text: string): number {
  const id = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id)) {
    throw usageError(`"${text}" is not a page id or item number: expected a whole number`);
  }
  return id;
}

/** Empty arguments do not count. */
export function parsePageIds(texts: readonly string[]): number[] {
  const ids = texts.filter((text) => text !== "").map(parsePageId);
  if (ids.length === 0) throw usageError("page id required");
  return ids;
}
