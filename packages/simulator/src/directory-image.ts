import { FileImage } from "./file-image.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What a name stands for. */
export type Image = FileImage | DirectoryImage;

/** A name that is given to an image, or taken away. */
export interface NameChange {
  readonly name: string;
  readonly image: Image | undefined;
}

/** Which image of one disk became which of the next: an image may have several names. */
export type Successors = Map<Image, Image>;

/** The names in one directory: those that programs see, and those that a power cut would leave. */
export class DirectoryImage {
  readonly names: Map<string, Image> = new Map();
  readonly #saved = new Map<string, Image>();
  /** What no sync has saved yet; one list for each operation, which is saved whole or not at all. */
  #unsynced: (readonly NameChange[])[] = [];

  change(...changes: readonly NameChange[]): void {
    applyTo(this.names, changes);
    this.#unsynced.push(changes);
  }

  sync(): void {
    for (const changes of this.#unsynced) applyTo(this.#saved, changes);
    this.#unsynced = [];
  }

  copy(copies: Successors): DirectoryImage {
    const copy = new DirectoryImage();
    copies.set(this, copy);
    const successor = (image: Image): Image => copies.get(image) ?? copyOf(image, copies);
    for (const [name, image] of this.names) copy.names.set(name, successor(image));
    for (const [name, image] of this.#saved) copy.#saved.set(name, successor(image));
    copy.#unsynced = this.#unsynced.map((changes) =>
      changes.map(({ name, image }) => ({ name, image: image && successor(image) })),
    );
    return copy;
  }

  /** See `FaultDisk.crash`: of the unsynced changes the first few are saved. */
  afterCrash(random: SeededRandom, losesNames: boolean, found: Successors): DirectoryImage {
    const kept = losesNames ? keptOf(this.#unsynced.length, random) : this.#unsynced.length;
    for (const changes of this.#unsynced.slice(0, kept)) applyTo(this.#saved, changes);
    const directory = new DirectoryImage();
    found.set(this, directory);
    for (const [name, image] of this.#saved) {
      const left = found.get(image) ?? foundOf(image, random, losesNames, found);
      directory.names.set(name, left);
      directory.#saved.set(name, left);
    }
    return directory;
  }
}

function applyTo(names: Map<string, Image>, changes: readonly NameChange[]): void {
  for (const { name, image } of changes) {
    if (image === undefined) names.delete(name);
    else names.set(name, image);
  }
}

function keptOf(count: number, random: SeededRandom): number {
  const fate = random.below(3);
  return fate === 0 ? 0 : fate === 1 ? count : random.below(count + 1);
}

function copyOf(image: Image, copies: Successors): Image {
  if (image instanceof DirectoryImage) return image.copy(copies);
  const copy = image.copy();
  copies.set(image, copy);
  return copy;
}

function foundOf(
  image: Image,
  random: SeededRandom,
  losesNames: boolean,
  found: Successors,
): Image {
  if (image instanceof DirectoryImage) return image.afterCrash(random, losesNames, found);
  const left = image.afterCrash(random);
  found.set(image, left);
  return left;
}
