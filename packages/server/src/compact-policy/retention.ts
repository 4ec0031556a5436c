import { parseGoDuration } from "@nodetcd/runtime";
import type { AutoCompactionMode } from "../config.ts";
import { ServerError } from "../errors.ts";

const HOUR_MS = 3_600_000;

/**
 * What is to be kept: milliseconds of history, or a number of revisions; 0 is everything. Raises
 * `BAD_CONFIG`.
 */
export function parseRetention(mode: AutoCompactionMode, retention: string): number {
  if (retention === "") return 0;
  if (/^\d+$/.test(retention)) return Number(retention) * (mode === "periodic" ? HOUR_MS : 1);
  const duration = parseGoDuration(retention);
  if (duration === undefined || duration < 0 || (mode === "revision" && duration !== 0)) {
    const wanted =
      mode === "revision"
        ? "a number of revisions (--auto-compaction-mode is revision)"
        : "a number of hours, nor a duration such as 30m";
    throw new ServerError(
      "BAD_CONFIG",
      `--auto-compaction-retention: "${retention}" is not ${wanted}`,
    );
  }
  return duration;
}
