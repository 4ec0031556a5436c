import type { VirtualClock } from "@nodetcd/simulator";

/** Moves a virtual clock on until the promise settles, and answers as it does. */
export async function settle<T>(
  clock: VirtualClock,
  promise: Promise<T>,
  limitMs = 600_000,
): Promise<T> {
  let settled = false;
  const done = (): void => void (settled = true);
  promise.then(done, done);
  for (let waited = 0; !settled && waited < limitMs; waited += 5) await clock.advanceAsync(5, 5);
  if (!settled) throw new Error(`Nothing happened in ${limitMs} virtual milliseconds`);
  return promise;
}

/** The seeds of a property test: the one of SEED, or `count` fixed ones. */
export function seeds(count: number): number[] {
  const given = process.env["SEED"];
  if (given !== undefined) return [Number(given)];
  const times = Number(process.env["TIMES"] ?? 1);
  return Array.from({ length: count * times }, (_, i) => 1000 + i);
}
