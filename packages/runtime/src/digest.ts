/** A cryptographic sum over bytes that come in pieces. */
export interface Digest {
  /** Takes in the next piece; borrowed for the call. */
  update(bytes: Uint8Array): void;
  /** The sum, owned by the caller. Called once, and nothing may be added afterwards. */
  finish(): Uint8Array;
}

/** Begins sums. Pure functions of their input, but the fast ones come from the platform. */
export interface Digests {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(): Digest;
}
