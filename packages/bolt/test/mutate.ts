import type { SeededRandom } from "@nodetcd/simulator";
import { META_SIZE, metaChecksum } from "../src/meta.ts";
import { PAGE_HEADER_SIZE } from "../src/page.ts";

/** Damages a file in 1 to 4 ways. @param image changed in place @returns it, or a part of it */
export function mutate(image: Uint8Array, pageSize: number, random: SeededRandom): Uint8Array {
  let damaged = image;
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) damaged = mutateOnce(damaged, pageSize, random);
  return damaged;
}

function mutateOnce(image: Uint8Array, pageSize: number, random: SeededRandom): Uint8Array {
  if (image.length < 4 * pageSize) return image;
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const pages = Math.floor(image.length / pageSize);
  switch (random.below(9)) {
    case 0:
      image[random.below(image.length)]! ^= 1 << random.below(8);
      break;
    case 1:
      image.set(random.bytes(1 + random.below(16)), random.below(image.length - 16));
      break;
    case 2:
      mutateMeta(view, pageSize, random);
      break;
    case 3:
      mutateHeader(view, pageSize * random.below(pages), pages, random);
      break;
    case 4:
    case 5:
      mutateElement(view, pageSize * (2 + random.below(pages - 2)), pages, random);
      break;
    case 6:
      copyPage(view, pageSize, pages, random);
      break;
    case 7:
      swapWords(view, random);
      break;
    default:
      if (random.chance(0.3)) return image.subarray(0, random.below(image.length));
      image.fill(random.below(2) * 0xff, random.below(image.length), random.below(image.length));
  }
  return image;
}

/** Numbers at the edges of what code may take for granted. */
function edge(random: SeededRandom, pages: number): bigint {
  const choices = [0n, 1n, 2n, 3n, 15n, 16n, 17n, 0xffffn, 0x1_0000n, 0x7fff_ffffn, 0xffff_ffffn];
  const large = [1n << 32n, (1n << 32n) + 3n, 1n << 40n, (1n << 53n) - 1n, 1n << 53n, ~0n];
  const pick = random.below(4);
  if (pick === 0) return BigInt.asUintN(64, random.pick(large));
  if (pick === 1) return random.pick(choices);
  return BigInt(random.below(pages + 2));
}

/** A field of a meta, mostly with a checksum that fits. */
function mutateMeta(view: DataView, pageSize: number, random: SeededRandom): void {
  const start = random.below(2) * pageSize + PAGE_HEADER_SIZE;
  const pages = Math.floor(view.byteLength / pageSize);
  const field = random.pick([0, 4, 8, 12, 16, 16, 24, 32, 32, 40, 40, 48, 48, 56]);
  const value = edge(random, pages);
  if (field < 16) view.setUint32(start + field, Number(BigInt.asUintN(32, value)), true);
  else view.setBigUint64(start + field, value, true);
  if (random.chance(0.1)) return;
  const record = new Uint8Array(view.buffer, view.byteOffset + start, META_SIZE);
  view.setBigUint64(start + 56, metaChecksum(record), true);
}

function mutateHeader(view: DataView, page: number, pages: number, random: SeededRandom): void {
  const value = edge(random, pages);
  switch (random.below(4)) {
    case 0:
      return view.setBigUint64(page, value, true);
    case 1:
      return view.setUint16(page + 8, random.pick([0, 1, 2, 3, 4, 0x10, 0xffff]), true);
    case 2:
      return view.setUint16(page + 10, Number(BigInt.asUintN(16, value)), true);
    default:
      return view.setUint32(page + 12, Number(BigInt.asUintN(32, value)), true);
  }
}

/** A word among the elements, a child or freelist id, or the root in a bucket's header. */
function mutateElement(view: DataView, page: number, pages: number, random: SeededRandom): void {
  const count = Math.max(1, Math.min(view.getUint16(page + 10, true), 40));
  const element = page + PAGE_HEADER_SIZE + 16 * random.below(count);
  if (element + 16 > view.byteLength) return;
  const value = edge(random, pages);
  if (random.chance(0.4)) return view.setBigUint64(element + 8 * random.below(2), value, true);
  if (random.chance(0.5)) {
    return view.setUint32(element + 4 * random.below(4), Number(BigInt.asUintN(32, value)), true);
  }
  const data = element + view.getUint32(element + 4, true) + view.getUint32(element + 8, true);
  if (data + 16 > view.byteLength) return;
  view.setUint32(element, 1, true);
  view.setBigUint64(data, value, true);
}

/** One page over another; mostly it says the other's id then. */
function copyPage(view: DataView, pageSize: number, pages: number, random: SeededRandom): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const from = random.below(pages);
  const to = random.below(pages);
  bytes.copyWithin(to * pageSize, from * pageSize, (from + 1) * pageSize);
  if (random.chance(0.8)) view.setBigUint64(to * pageSize, BigInt(to), true);
}

function swapWords(view: DataView, random: SeededRandom): void {
  const words = Math.floor(view.byteLength / 8);
  const a = random.below(words) * 8;
  const b = random.below(words) * 8;
  const word = view.getBigUint64(a, true);
  view.setBigUint64(a, view.getBigUint64(b, true), true);
  view.setBigUint64(b, word, true);
}
