import type { AutoCompactionMode } from "../config.ts";
import { ServerError } from "../errors.ts";

const HOUR_MS = 3_600_000;
/** Units of Go's durations, in milliseconds. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: HOUR_MS,
};
const DURATION = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)/;

/** `1h30m` as milliseconds; undefined when it is not a duration as Go writes them. */
function parseDuration(text: string): number | undefined {
  let rest = text;
  let total = 0;
  while (rest !== "") {
    const part = DURATION.exec(rest)?.[0];
    if (part === undefined) return undefined;
    const unit = /[^\d.]+$/.exec(part)![0];
    total += Number(part.slice(0, -unit.length)) * UNIT_MS[unit]!;
    rest = rest.slice(part.length);
  }
  return text === "" ? undefined : total;
}

/** What is to be kept: milliseconds of history, or a number of revisions; 0 is everything. */
export function parseRetention(mode: AutoCompactionMode, retention: string): number {
  if (retention === "") return 0;
  if (/^\d+$/.test(retention)) return Number(retention) * (mode === "periodic" ? HOUR_MS : 1);
  const duration = parseDuration(retention);
  if (duration === undefined || (mode === "revision" && duration !== 0)) {
    throw new ServerError(
      "BAD_CONFIG",
      `--auto-compaction-retention: "${retention}" is neither a number nor a duration such as 30m`,
    );
  }
  return duration;
}
