import { type Clock, inSlices, Slice } from "@nodetcd/runtime";

/** Work that yields after each of its steps, done in one go. */
export function atOnce<T>(steps: Generator<void, T>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The same in slices of at most `sliceMs` milliseconds; without a clock it is one slice. */
export async function sliced<T>(
  clock: Clock | undefined,
  steps: Generator<void, T>,
  sliceMs: number,
): Promise<T> {
  return clock === undefined ? atOnce(steps) : await inSlices(new Slice(clock, sliceMs), steps);
}
