import { compareBytes } from "@nodetcd/bytes";

/** First eight bytes of the SHA-1, big-endian. */
async function shortHash(content: Uint8Array<ArrayBuffer>): Promise<bigint> {
  return Buffer.from(await crypto.subtle.digest("SHA-1", content)).readBigUInt64BE(0);
}

/**
 * A member's id: made of its peer URLs, sorted, and the token of a new cluster. A member that is added later has
 * an empty token and the time at which it was, in seconds since 1970, so that the same URLs get another id.
 */
export function memberIdOf(
  peerUrls: readonly string[],
  token: string,
  addedAtSeconds?: number,
): Promise<bigint> {
  const sorted = peerUrls.map((url) => Buffer.from(url)).sort(compareBytes);
  const time = addedAtSeconds === undefined ? "" : String(addedAtSeconds);
  return shortHash(Buffer.concat([...sorted, Buffer.from(token + time)]));
}

/** A cluster's id: made of the ids of its founding members, ascending, as eight bytes each. */
export function clusterIdOf(memberIds: readonly bigint[]): Promise<bigint> {
  const sorted = memberIds.toSorted((a, b) => (a < b ? -1 : 1));
  const content = Buffer.alloc(sorted.length * 8);
  for (const [i, id] of sorted.entries()) content.writeBigUInt64BE(id, i * 8);
  return shortHash(content);
}
