/** Parts of a key that are told apart. */
const DEPTH = 4;
const SLASH = 0x2f;

/** Bytes one to one as characters: names of maps. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** The folders that a key is in, outermost first: "", `/a/`, `/a/b/`. A slash at the beginning is no end of a folder. */
export function foldersOf(key: Uint8Array): string[] {
  const found = [""];
  for (let at = 1; at < key.length && found.length <= DEPTH; at++) {
    if (key[at] === SLASH) found.push(latin1(key.subarray(0, at + 1)));
  }
  return found;
}
