/** Longer blocks are decoded each time. */
const BLOCK_BYTES_MAX = 512;
const SLOTS = 32;

interface Slot<T> {
  readonly block: Uint8Array;
  readonly generation: number;
  readonly value: T;
}

/**
 * What header blocks decoded to, by their bytes. What a block means depends on the dynamic table, so
 * a slot counts only at the table generation at which it was made; and decoding a block that changes
 * the table has an effect beyond its fields, so only blocks that left the generation as it was may be
 * added. At most 32 blocks of 512 bytes.
 */
export class BlockCache<T> {
  readonly #slots: (Slot<T> | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

  /** The value of an equal block at the same generation. Bytes are borrowed for the call. */
  find(bytes: Uint8Array, start: number, end: number, generation: number): T | undefined {
    if (end - start > BLOCK_BYTES_MAX) return undefined;
    const slot = this.#slots[slotOf(bytes, start, end)];
    if (slot === undefined || slot.generation !== generation) return undefined;
    const block = slot.block;
    if (block.length !== end - start) return undefined;
    for (let i = 0; i < block.length; i++) if (block[i] !== bytes[start + i]) return undefined;
    return slot.value;
  }

  /** Copies the bytes. */
  add(bytes: Uint8Array, start: number, end: number, generation: number, value: T): void {
    if (end - start > BLOCK_BYTES_MAX) return;
    const block = Uint8Array.prototype.slice.call(bytes, start, end);
    this.#slots[slotOf(bytes, start, end)] = { block, generation, value };
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
