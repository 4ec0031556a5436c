import { type ByteSource, type Element, Pages, SnapshotError } from "./pages.ts";

/** A version of a key, as etcd's bucket `key` has it. */
export interface StoredKey {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
}

/** Keys that one file may have here; more would take the browser's memory. */
const MOST_KEYS = 2_000_000;
/** Versions after which the page is told how far it is. */
const TELL_EVERY = 20_000;
/** `main` 8 bytes big-endian, `_`, `sub` 8 bytes; a ninth part `t` marks a deletion. */
const REVISION_BYTES = 17;

/** The newest keys of a snapshot, or of the `db` file of a stopped member. */
export class Snapshot {
  /** Newest revision of the file. */
  readonly revision: number;
  readonly versions: number;
  /** Keys that are there, in order of their bytes. */
  readonly keys: readonly Uint8Array[];
  readonly #pages: Pages;
  /** Revision of the newest version, by the key's bytes as Latin-1. */
  readonly #newest: ReadonlyMap<string, string>;

  private constructor(
    pages: Pages,
    newest: ReadonlyMap<string, string>,
    about: { readonly revision: number; readonly versions: number },
  ) {
    this.#pages = pages;
    this.#newest = newest;
    this.revision = about.revision;
    this.versions = about.versions;
    this.keys = [...newest.keys()].toSorted().map(fromLatin1);
  }

  /** Reads every version once; `tell` is told how many it has seen. Raises `SnapshotError`. */
  static async open(source: ByteSource, tell: (versions: number) => void): Promise<Snapshot> {
    const pages = await Pages.open(source);
    const newest = new Map<string, string>();
    let [revision, versions] = [0, 0];
    for await (const element of pages.bucket("key")) {
      if (element.key.length < REVISION_BYTES) throw new SnapshotError("A revision is cut off");
      const view = new DataView(element.key.buffer, element.key.byteOffset, element.key.length);
      revision = Number(view.getBigUint64(0));
      versions++;
      const key = latin1(keyOf(element));
      if (isDeletion(element)) newest.delete(key);
      else newest.set(key, latin1(element.key));
      if (newest.size > MOST_KEYS) throw new SnapshotError(`It has more than ${MOST_KEYS} keys`);
      if (versions % TELL_EVERY === 0) tell(versions);
    }
    return new Snapshot(pages, newest, { revision, versions });
  }

  /** The newest version of a key that is there. */
  async get(key: Uint8Array): Promise<StoredKey | undefined> {
    const wanted = this.#newest.get(latin1(key));
    if (wanted === undefined) return undefined;
    const element = await this.#pages.find("key", fromLatin1(wanted));
    return element && decode(element.value);
  }

  /** Keys that have all of the words, at most `most` of them. */
  search(words: string, most: number): readonly Uint8Array[] {
    const parts = words
      .split(/\s+/)
      .filter((word) => word !== "")
      .map(utf8AsLatin1);
    const found: Uint8Array[] = [];
    for (const key of this.keys) {
      if (parts.length > 0) {
        const text = latin1(key);
        if (!parts.every((part) => text.includes(part))) continue;
      }
      found.push(key);
      if (found.length === most) break;
    }
    return found;
  }
}

function isDeletion({ key }: Element): boolean {
  return key.length > REVISION_BYTES && key[REVISION_BYTES] === 0x74;
}

/** The key of a version. It is written first, with a length of at most four bytes. */
function keyOf({ value }: Element): Uint8Array {
  if (value[0] !== 0x0a) return decode(value).key;
  let [length, at] = [0, 1];
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = value[at++] ?? 0;
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  if (at + length > value.length) throw new SnapshotError("A version is cut off");
  return value.subarray(at, at + length);
}

/** Bytes one to one as characters below 256, unlike `TextDecoder`, whose `latin1` is windows-1252. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4_096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4_096));
  }
  return text;
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function utf8AsLatin1(text: string): string {
  return latin1(new TextEncoder().encode(text));
}

/** The message `mvccpb.KeyValue`: 1 key, 2 create_revision, 3 mod_revision, 4 version, 5 value, 6 lease. */
function decode(bytes: Uint8Array): StoredKey {
  const numbers = new Map<number, bigint>();
  const parts = new Map<number, Uint8Array>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new SnapshotError("A version is cut off");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    if ((tag & 7) === 0) numbers.set(field, varint());
    else if ((tag & 7) === 2) {
      const end = Number(varint()) + at;
      if (end > bytes.length) throw new SnapshotError("A version is cut off");
      parts.set(field, bytes.subarray(at, end));
      at = end;
    } else throw new SnapshotError("A version is no key and value");
  }
  const none = new Uint8Array(0);
  return {
    key: parts.get(1) ?? none,
    value: parts.get(5) ?? none,
    createRevision: numbers.get(2) ?? 0n,
    modRevision: numbers.get(3) ?? 0n,
    version: numbers.get(4) ?? 0n,
  };
}
