/** Seed of the property tests; `SEED=...` repeats a run. */
export const seed: number = Number(process.env["SEED"] ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`SEED=${seed}`);

/** Whole numbers from 0 to `bound - 1`, the same ones for the same seed (mulberry32). */
export function generator(from: number): (bound: number) => number {
  let state = from >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * bound);
  };
}
