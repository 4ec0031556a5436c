import { BoltError } from "../errors.ts";
import { pageTypeName } from "../page.ts";
import type { RawFile } from "./raw-file.ts";

/** A row of `nodetcd bolt pages`. */
export interface PageRow {
  readonly id: number;
  /** "meta", "branch", "leaf", "freelist", "free", or "unknown<..>". */
  readonly type: string;
  /** Elements as the header counts them, and pages after the first; of a free page neither. */
  readonly count: number | undefined;
  readonly overflow: number | undefined;
}

/**
 * Every page below the high-water mark, in order; one that continues is one row.
 *
 * @param freeIds sorted or not, borrowed while the generator runs
 */
export function* pageTable(
  file: RawFile,
  highWater: number,
  freeIds: Float64Array,
): Generator<PageRow> {
  const free = freeIds.toSorted();
  let next = 0;
  for (let id = 0; id < highWater; id++) {
    while (next < free.length && free[next]! < id) next++;
    if (free[next] === id) {
      yield { id, type: "free", count: undefined, overflow: undefined };
      continue;
    }
    const { flags, count, overflow } = file.header(id);
    if (id + overflow >= highWater) {
      throw new BoltError("CORRUPT", `page ${id} claims ${overflow} overflow pages`);
    }
    yield { id, type: pageTypeName(flags), count, overflow };
    id += overflow;
  }
}
