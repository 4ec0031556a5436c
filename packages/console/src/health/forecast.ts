import type { Forecast } from "../contract/cluster.ts";
import type { Sample } from "../samples/sample.ts";

const HOUR_MS = 3_600_000;
/** A forecast needs samples over so long a time, in milliseconds. */
const LEAST_MS: number = HOUR_MS / 6;
/** It looks back so far at most. */
export const LOOK_BACK_MS: number = 24 * HOUR_MS;
/** What 80 % of a normal distribution lie within, in standard deviations. */
const EIGHTY_PERCENT = 1.2816;

/** The largest database of a sample. */
export function inUse(sample: Sample): number | undefined {
  const told = sample.members.map((member) => member.inUse).filter((size) => size !== undefined);
  return told.length === 0 ? undefined : Math.max(...told);
}

/**
 * A line through the bytes in use of the last 24 hours, by least squares, and where it meets the
 * quota. The range comes from the spread of the slope. Undefined when there is too little to say.
 */
export function forecast(
  samples: readonly Sample[],
  quota: number | undefined,
): Forecast | undefined {
  const newest = samples.at(-1);
  if (newest === undefined) return undefined;
  const points = sinceLastDrop(
    samples
      .filter(({ at }) => newest.at - at <= LOOK_BACK_MS)
      .flatMap((sample) => {
        const bytes = inUse(sample);
        return bytes === undefined ? [] : [{ x: (sample.at - newest.at) / HOUR_MS, y: bytes }];
      }),
  );
  const first = points[0];
  if (first === undefined || points.length < 10 || -first.x * HOUR_MS < LEAST_MS) return undefined;
  const { slope, level, spread } = fitLine(points);
  const hours = -first.x;
  if (quota === undefined || slope <= 0) return { bytesPerHour: slope, hours };
  const room = Math.max(0, quota - level);
  const fullAfter = (perHour: number): number => newest.at + (room / perHour) * HOUR_MS;
  const fast = slope + EIGHTY_PERCENT * spread;
  const slow = slope - EIGHTY_PERCENT * spread;
  return {
    bytesPerHour: slope,
    hours,
    fullAt: fullAfter(slope),
    fullFrom: fullAfter(fast),
    ...(slow > 0 ? { fullTo: fullAfter(slow) } : {}),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points after the last big fall: a compaction or deletion begins a new line. */
function sinceLastDrop(points: readonly Point[]): readonly Point[] {
  for (let at = points.length - 1; at > 0; at--) {
    if (points[at]!.y < points[at - 1]!.y * 0.9) return points.slice(at);
  }
  return points;
}

function fitLine(points: readonly Point[]): { slope: number; level: number; spread: number } {
  const count = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count;
  let squares = 0;
  let products = 0;
  for (const { x, y } of points) {
    squares += (x - meanX) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  const slope = squares === 0 ? 0 : products / squares;
  const level = meanY - slope * meanX;
  const rest = points.reduce((sum, { x, y }) => sum + (y - level - slope * x) ** 2, 0);
  const spread = squares === 0 ? 0 : Math.sqrt(rest / Math.max(1, count - 2) / squares);
  return { slope, level, spread };
}
