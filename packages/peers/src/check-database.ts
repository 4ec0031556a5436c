import { fnv1a64 } from "@nodetcd/bytes";
import type { DiskFile } from "@nodetcd/runtime";
import { PeerError } from "./errors.ts";

const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** A page's header, and a meta behind it up to its checksum. */
const HEADER_BYTES = 16;
const META_BYTES = 56;
const PAGE_BYTES_MIN = 1024;
const PAGE_BYTES_MAX = 64 * 1024;

/** What a meta page says of its file. */
interface Meta {
  readonly pageBytes: number;
  /** Bytes that the file must have. */
  readonly needed: number;
}

/** Undefined when there is no sound meta page at this place. */
function metaAt(file: DiskFile, at: number): Meta | undefined {
  const page = new Uint8Array(HEADER_BYTES + META_BYTES + 8);
  if (file.read(page, at) < page.length) return undefined;
  const view = new DataView(page.buffer, HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) return undefined;
  const content = page.subarray(HEADER_BYTES, HEADER_BYTES + META_BYTES);
  if (fnv1a64(content) !== view.getBigUint64(META_BYTES, true)) return undefined;
  const pageBytes = view.getUint32(8, true);
  return { pageBytes, needed: pageBytes * Number(view.getBigUint64(40, true)) };
}

/** The first page may be the broken one; then the second is where a page may begin. */
function findMetas(file: DiskFile): Meta[] {
  const first = metaAt(file, 0);
  if (first !== undefined) return [first, metaAt(file, first.pageBytes) ?? first];
  for (let at = PAGE_BYTES_MIN; at <= PAGE_BYTES_MAX; at *= 2) {
    const second = metaAt(file, at);
    if (second?.pageBytes === at) return [second];
  }
  return [];
}

/**
 * Refuses a received file that is no database, or less of it than its newest pages need. A sender adds no
 * sum over the whole, so this and the end of the body are all that can be checked before it is opened.
 */
export function checkDatabase(file: DiskFile): void {
  const metas = findMetas(file);
  if (metas.length === 0) throw new PeerError("BAD_FRAME", "what was received is no database");
  const needed = Math.max(...metas.map((meta) => meta.needed));
  const size = file.size();
  if (size < needed) {
    throw new PeerError("BAD_FRAME", `the database has ${size} bytes, its pages need ${needed}`);
  }
}
