import { SIDE_BY_SIDE } from "./limits.ts";

/** Does the same for each of a list, some at once; results in the order of the list. */
export async function sideBySide<T, R>(
  list: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < list.length; at = next++) results[at] = await work(list[at]!);
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, list.length) }, worker));
  return results;
}
