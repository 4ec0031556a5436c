/** SHA-256 (FIPS 180-4), fed in pieces: the checksum behind a streamed snapshot. */
const BLOCK_BYTES = 64;

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS: Int32Array = (() => {
  const constants = new Int32Array(64);
  let found = 0;
  for (let candidate = 2; found < 64; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) prime &&= candidate % factor !== 0;
    if (prime) constants[found++] = fraction32(candidate, 3n);
  }
  return constants;
})();

/** Bits 1 to 32 behind the point of the `degree`-th root of `n`, found in whole numbers. */
function fraction32(n: number, degree: bigint): number {
  const target = BigInt(n) << (32n * degree);
  let low = 0n;
  let high = BigInt(n) << 32n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** degree <= target) low = middle;
    else high = middle - 1n;
  }
  return Number(BigInt.asIntN(32, low));
}

export class Sha256 {
  readonly #state: Int32Array = Int32Array.from([2, 3, 5, 7, 11, 13, 17, 19], (prime) =>
    fraction32(prime, 2n),
  );
  readonly #schedule = new Int32Array(64);
  readonly #pending = new Uint8Array(BLOCK_BYTES);
  #pendingLength = 0;
  #length = 0;

  /** Takes in borrowed bytes. */
  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let offset = 0;
    if (this.#pendingLength > 0) {
      offset = Math.min(BLOCK_BYTES - this.#pendingLength, bytes.length);
      this.#pending.set(bytes.subarray(0, offset), this.#pendingLength);
      this.#pendingLength += offset;
      if (this.#pendingLength < BLOCK_BYTES) return;
      this.#block(this.#pending, 0);
      this.#pendingLength = 0;
    }
    for (; offset + BLOCK_BYTES <= bytes.length; offset += BLOCK_BYTES) this.#block(bytes, offset);
    this.#pending.set(bytes.subarray(offset));
    this.#pendingLength = bytes.length - offset;
  }

  /** The 32 bytes of the sum, owned by the caller. Nothing may be added afterwards. */
  digest(): Uint8Array {
    const bits = this.#length * 8;
    const zeros = (2 * BLOCK_BYTES - 9 - this.#pendingLength) % BLOCK_BYTES;
    const padding = Buffer.alloc(1 + zeros + 8);
    padding[0] = 0x80;
    padding.writeUInt32BE(Math.floor(bits / 2 ** 32), 1 + zeros);
    padding.writeUInt32BE(bits >>> 0, 1 + zeros + 4);
    this.update(padding);
    const sum = Buffer.alloc(32);
    for (const [i, word] of this.#state.entries()) sum.writeInt32BE(word, i * 4);
    return sum;
  }

  #block(bytes: Uint8Array, offset: number): void {
    const w = this.#schedule;
    for (let t = 0; t < 16; t++, offset += 4) {
      w[t] =
        (bytes[offset]! << 24) |
        (bytes[offset + 1]! << 16) |
        (bytes[offset + 2]! << 8) |
        bytes[offset + 3]!;
    }
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15]!;
      const y = w[t - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
    }
    this.#rounds(w);
  }

  #rounds(w: Int32Array): void {
    const h = this.#state;
    let [a, b, c, d, e, f, g, k] = [h[0]!, h[1]!, h[2]!, h[3]!, h[4]!, h[5]!, h[6]!, h[7]!];
    for (let t = 0; t < 64; t++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t]! + w[t]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    h[0]! += a;
    h[1]! += b;
    h[2]! += c;
    h[3]! += d;
    h[4]! += e;
    h[5]! += f;
    h[6]! += g;
    h[7]! += k;
  }
}
