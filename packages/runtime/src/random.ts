export interface Random {
  /** A whole number from 0 to `bound - 1`; `bound` at most 2^32. */
  below(bound: number): number;
  /** A random unsigned 64-bit number. */
  uint64(): bigint;
  /** `length` random bytes, owned by the caller. */
  bytes(length: number): Uint8Array;
}
