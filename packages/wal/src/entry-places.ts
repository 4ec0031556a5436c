import type { Segment } from "./segment.ts";

/** Where the record of an entry begins. */
export interface EntryPlace {
  readonly index: number;
  readonly segment: Segment;
  /** In bytes. */
  readonly offset: number;
  /** Checksum before the record. */
  readonly crc: number;
}

/**
 * Where in the log of this process entries begin: not of each, but of one every `apart` bytes, and of each that
 * took the place of an older one. So the entries from one place up to the next lie behind each other, with nothing
 * between them that was overwritten.
 */
export class EntryPlaces {
  readonly #apart: number;
  /** Ascending by index. */
  #places: EntryPlace[] = [];
  #lastIndex = 0;

  constructor(apart: number) {
    this.#apart = apart;
  }

  /** An entry is about to be written there. */
  add(place: EntryPlace): void {
    const { index, segment, offset } = place;
    if (index <= this.#lastIndex) {
      this.#places = this.#places.filter((each) => each.index < index);
      this.#places.push(place);
    } else {
      const last = this.#places.at(-1);
      const isNear = last?.segment === segment && offset - last.offset < this.#apart;
      // A gap: a snapshot has taken the place of what was before.
      if (!isNear || index !== this.#lastIndex + 1) this.#places.push(place);
    }
    this.#lastIndex = index;
  }

  /** The last place at or before `index`, and the index of the next one; undefined when there is none before. */
  find(index: number): { place: EntryPlace; next: number } | undefined {
    const at = this.#places.findLastIndex((each) => each.index <= index);
    if (at < 0) return undefined;
    return { place: this.#places[at]!, next: this.#places[at + 1]?.index ?? this.#lastIndex + 1 };
  }

  /** Segments with a smaller sequence number are gone. */
  forgetBefore(sequence: number): void {
    this.#places = this.#places.filter(({ segment }) => segment.sequence >= sequence);
  }
}
