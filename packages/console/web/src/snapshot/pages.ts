/**
 * Reads bbolt's file format in the browser, without loading the file: docs/file-formats/bolt.md says what stands where.
 * Whatever the file claims is checked against its size, since anybody may have written it.
 */
export interface ByteSource {
  readonly size: number;
  read(from: number, to: number): Promise<Uint8Array>;
}

/** One element of a leaf page; views of the page. */
export interface Element {
  readonly isBucket: boolean;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const HEADER = 16;
const ELEMENT = 16;
const BRANCH = 1;
const LEAF = 2;
const MAGIC = 0xed0cdaed;
const META_BYTES = 80;
const PAGE_SIZES = [4_096, 8_192, 16_384, 32_768, 65_536, 1_024, 2_048];
/** Levels of a tree; a file of exabytes has fewer. */
const DEEPEST = 64;
const BLOCK = 1 << 20;
const BLOCKS = 16;

/** What cannot be read, and why. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/** The pages of one file, as its newest sound meta page has them. */
export class Pages {
  readonly pageSize: number;
  readonly root: number;
  readonly #source: ByteSource;
  /** The newest read blocks of the file, oldest first. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  private constructor(source: ByteSource, pageSize: number, root: number) {
    this.#source = source;
    this.pageSize = pageSize;
    this.root = root;
  }

  static async open(source: ByteSource): Promise<Pages> {
    const metas = await Promise.all(
      [0, ...PAGE_SIZES].map((at) => readMeta(source, at).catch(() => undefined)),
    );
    const sound = metas.filter((meta) => meta !== undefined);
    const newest = sound.toSorted((a, b) => (a.transaction < b.transaction ? 1 : -1))[0];
    if (newest === undefined) {
      throw new SnapshotError("This is no database of etcd: neither meta page is sound");
    }
    return new Pages(source, newest.pageSize, newest.root);
  }

  /** All elements below a page, in order of their keys. */
  async *elements(id: number, depth = 0): AsyncGenerator<Element> {
    if (depth > DEEPEST) throw new SnapshotError(`The tree is too deep at page ${id}`);
    const page = await this.#page(id);
    const view = viewOf(page);
    const kind = view.getUint16(8, true);
    const count = view.getUint16(10, true);
    if (HEADER + count * ELEMENT > page.length) throw broken(id);
    if (kind === LEAF) {
      for (let at = 0; at < count; at++) yield leafElement(page, view, at, id);
      return;
    }
    if (kind !== BRANCH) throw broken(id);
    for (let at = 0; at < count; at++) {
      yield* this.elements(idAt(view, HEADER + at * ELEMENT + 8), depth + 1);
    }
  }

  /** Elements of a bucket at the top of the file; none where it has no such bucket. */
  async *bucket(name: string): AsyncGenerator<Element> {
    const wanted = new TextDecoder();
    for await (const { isBucket, key, value } of this.elements(this.root)) {
      if (!isBucket || wanted.decode(key) !== name) continue;
      const root = idAt(viewOf(value), 0);
      if (root !== 0) {
        yield* this.elements(root);
        return;
      }
      // A small bucket is a page inside its element.
      const page = value.subarray(16);
      const view = viewOf(page);
      for (let at = 0; at < view.getUint16(10, true); at++) yield leafElement(page, view, at, 0);
      return;
    }
  }

  /** One element of a bucket, by the way down its tree. */
  async find(bucket: string, key: Uint8Array): Promise<Element | undefined> {
    const text = new TextDecoder();
    for await (const { isBucket, key: name, value } of this.elements(this.root)) {
      if (!isBucket || text.decode(name) !== bucket) continue;
      let id = idAt(viewOf(value), 0);
      if (id === 0) break;
      for (let depth = 0; depth < DEEPEST; depth++) {
        const page = await this.#page(id);
        const view = viewOf(page);
        if (view.getUint16(8, true) === LEAF) {
          for (let at = 0; at < view.getUint16(10, true); at++) {
            const element = leafElement(page, view, at, id);
            if (compare(element.key, key) === 0) return element;
          }
          return undefined;
        }
        id = childFor(page, view, key, id);
      }
    }
    for await (const element of this.bucket(bucket)) {
      if (compare(element.key, key) === 0) return element;
    }
    return undefined;
  }

  async #page(id: number): Promise<Uint8Array> {
    const from = id * this.pageSize;
    if (from + this.pageSize > this.#source.size) throw broken(id);
    const first = await this.#read(from, from + this.pageSize);
    const overflow = viewOf(first).getUint32(12, true);
    const to = from + (overflow + 1) * this.pageSize;
    if (idAt(viewOf(first), 0) !== id || to > this.#source.size) throw broken(id);
    return overflow === 0 ? first : await this.#source.read(from, to);
  }

  /** Neighbours are read together: pages of a tree lie side by side more often than not. */
  async #read(from: number, to: number): Promise<Uint8Array> {
    const number = Math.floor(from / BLOCK);
    if (Math.floor((to - 1) / BLOCK) !== number) return await this.#source.read(from, to);
    const start = number * BLOCK;
    const known = this.#blocks.get(number);
    const block = known ?? this.#source.read(start, Math.min(start + BLOCK, this.#source.size));
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
    return (await block).subarray(from - start, to - start);
  }
}

function broken(id: number): SnapshotError {
  return new SnapshotError(`The file is cut off or damaged at page ${id}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number that is a place in the file, and so below 2^53. */
function idAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}

/** The child of a branch page under which a key is: the last that begins at or below it. */
function childFor(page: Uint8Array, view: DataView, key: Uint8Array, id: number): number {
  let child = 0;
  for (let at = 0; at < view.getUint16(10, true); at++) {
    const head = HEADER + at * ELEMENT;
    if (head + ELEMENT > page.length) throw broken(id);
    const start = head + view.getUint32(head, true);
    const first = page.subarray(start, start + view.getUint32(head + 4, true));
    if (at > 0 && compare(first, key) > 0) break;
    child = idAt(view, head + 8);
  }
  return child;
}

function leafElement(page: Uint8Array, view: DataView, at: number, id: number): Element {
  const head = HEADER + at * ELEMENT;
  if (head + ELEMENT > page.length) throw broken(id);
  const start = head + view.getUint32(head + 4, true);
  const middle = start + view.getUint32(head + 8, true);
  const end = middle + view.getUint32(head + 12, true);
  if (end > page.length) throw broken(id);
  return {
    isBucket: (view.getUint32(head, true) & 1) === 1,
    key: page.subarray(start, middle),
    value: page.subarray(middle, end),
  };
}

interface Meta {
  readonly pageSize: number;
  readonly root: number;
  readonly transaction: bigint;
}

/** The meta page at an offset; undefined when there is none, or one whose checksum is wrong. */
async function readMeta(source: ByteSource, offset: number): Promise<Meta | undefined> {
  if (offset + META_BYTES > source.size) return undefined;
  const bytes = await source.read(offset, offset + META_BYTES);
  const view = viewOf(bytes);
  if (view.getUint32(HEADER, true) !== MAGIC) return undefined;
  if (view.getBigUint64(HEADER + 56, true) !== fnv1a(bytes.subarray(HEADER, HEADER + 56))) {
    return undefined;
  }
  const pageSize = view.getUint32(HEADER + 8, true);
  if (!PAGE_SIZES.includes(pageSize)) return undefined;
  return {
    pageSize,
    root: idAt(view, HEADER + 16),
    transaction: view.getBigUint64(HEADER + 48, true),
  };
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
