/** The three names of a field: as declared, in TypeScript, in JSON. */

/** `prev_kv` -> `prevKv`, `peerURLs` -> `peerUrls`, `ID` -> `id`, `remaining_TTL` -> `remainingTtl`. */
export function propertyName(declared: string): string {
  const joined = declared
    .replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/URLs$/, "Urls")
    .replace(/ID$/, "Id")
    .replace(/TTL$/, "Ttl");
  return joined[0]!.toLowerCase() + joined.slice(1);
}

/** protobuf's rule: `prev_kv` -> `prevKv`; `peerURLs`, `ID` stay; `remaining_TTL` -> `remainingTTL`. */
export function jsonName(declared: string): string {
  return declared.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
