import type { HeaderField, HpackEncoder } from "./encoder.ts";

/** A constant list of fields and its encoding, kept for as long as the encoder's table stays. */
export class EncodedBlock {
  readonly #fields: readonly HeaderField[];
  #block: Uint8Array | undefined;
  #generation = -1;

  constructor(fields: readonly HeaderField[]) {
    this.#fields = fields;
  }

  /** The block for the next HEADERS frame of this encoder's connection; borrowed, never changed. */
  bytes(encoder: HpackEncoder): Uint8Array {
    const generation = encoder.generation;
    if (this.#block !== undefined && this.#generation === generation) return this.#block;
    const block = encoder.encode(this.#fields);
    // An insertion or a size update is part of this one block and must not be sent again.
    this.#block = encoder.generation === generation ? block : undefined;
    this.#generation = generation;
    return block;
  }
}
