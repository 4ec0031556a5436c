import { SECTOR_BYTES } from "./sector.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A change that no sync has saved yet: bytes at a position, or a new size. */
type Unsynced =
  { kind: "write"; position: number; bytes: Uint8Array } | { kind: "size"; size: number };

/** The content of one file: what programs read, and what a power cut would leave. */
export class FileImage {
  bytes: Uint8Array = new Uint8Array(0);
  size = 0;
  #synced: Uint8Array = new Uint8Array(0);
  #syncedSize = 0;
  #unsynced: Unsynced[] = [];

  write(from: Uint8Array, position: number): void {
    const end = position + from.length;
    this.bytes = grown(this.bytes, end);
    this.bytes.set(from, position);
    this.size = Math.max(this.size, end);
    // Not slice(): of a Buffer that would be a view, and the caller uses its memory again.
    this.#unsynced.push({ kind: "write", position, bytes: new Uint8Array(from) });
  }

  truncate(size: number): void {
    if (size < this.size) this.bytes.fill(0, size);
    this.bytes = grown(this.bytes, size);
    this.size = size;
    this.#unsynced.push({ kind: "size", size });
  }

  sync(): void {
    for (const change of this.#unsynced) this.#save(change);
    this.#unsynced = [];
  }

  /** Saves the size and what was written to this range; all else stays unsynced. */
  syncRange(start: number, end: number): void {
    const isInside = (change: Unsynced): boolean =>
      change.kind === "size" ||
      (change.position < end && change.position + change.bytes.length > start);
    for (const change of this.#unsynced) if (isInside(change)) this.#save(change);
    this.#unsynced = this.#unsynced.filter((change) => !isInside(change));
  }

  /** A sync failed: what it should have saved is shown on, and no later sync saves it, as on Linux. */
  loseUnsynced(): void {
    this.#unsynced = [];
  }

  copy(): FileImage {
    const copy = new FileImage();
    copy.bytes = this.bytes.slice();
    copy.size = this.size;
    copy.#synced = this.#synced.slice();
    copy.#syncedSize = this.#syncedSize;
    copy.#unsynced = [...this.#unsynced];
    return copy;
  }

  /** See `FaultDisk.crash`. */
  afterCrash(random: SeededRandom): FileImage {
    for (const change of this.#unsynced) {
      const fate = random.below(3);
      if (fate === 0) continue;
      if (fate === 1 || change.kind === "size") this.#save(change);
      else this.#saveSomeSectors(change.bytes, change.position, random);
    }
    const found = new FileImage();
    found.bytes = this.#synced.slice(0, this.#syncedSize);
    found.size = this.#syncedSize;
    found.#synced = found.bytes.slice();
    found.#syncedSize = found.size;
    return found;
  }

  #save(change: Unsynced): void {
    if (change.kind === "size") {
      if (change.size < this.#syncedSize) this.#synced.fill(0, change.size);
      this.#synced = grown(this.#synced, change.size);
      this.#syncedSize = change.size;
      return;
    }
    const end = change.position + change.bytes.length;
    this.#synced = grown(this.#synced, end);
    this.#synced.set(change.bytes, change.position);
    this.#syncedSize = Math.max(this.#syncedSize, end);
  }

  #saveSomeSectors(bytes: Uint8Array, position: number, random: SeededRandom): void {
    for (let offset = 0; offset < bytes.length;) {
      const sectorEnd = SECTOR_BYTES - ((position + offset) % SECTOR_BYTES);
      const piece = bytes.subarray(offset, offset + sectorEnd);
      if (random.chance(0.5)) {
        this.#save({ kind: "write", position: position + offset, bytes: piece });
      }
      offset += piece.length;
    }
  }
}

/** The bytes with room for `size`, in fresh memory of doubled capacity where they do not fit. */
function grown(bytes: Uint8Array, size: number): Uint8Array {
  if (size <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(size, bytes.length * 2, 4096));
  larger.set(bytes);
  return larger;
}
