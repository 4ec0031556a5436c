import type { Entry } from "@nodetcd/messages";
import { entriesSize } from "./entry.ts";
import { broken, isRaftError } from "./errors.ts";
import type { UnstableLog } from "./log-unstable.ts";
import type { Storage } from "./storage.ts";

/** The parts of a log that reading needs. */
interface ReadableLog {
  readonly storage: Storage;
  readonly unstable: UnstableLog;
  firstIndex(): number;
  lastIndex(): number;
}

/**
 * Entries `low` to `high - 1`, at least one, within `maxBytes`: from storage, from what is unstable,
 * or from both joined. `undefined` when `low` is compacted. The array is fresh.
 */
export function readLog(
  log: ReadableLog,
  low: number,
  high: number,
  maxBytes: number,
): Entry[] | undefined {
  if (low > high) broken(`invalid slice ${low} > ${high}`);
  const { storage, unstable } = log;
  if (low >= unstable.offset) {
    return high <= log.lastIndex() + 1
      ? unstable.slice(low, high, maxBytes)
      : outOfBounds(log, low, high);
  }
  if (low < log.firstIndex()) return undefined;
  if (high > log.lastIndex() + 1) outOfBounds(log, low, high);

  const cut = Math.min(high, unstable.offset);
  const stable = readStable(storage, low, cut, maxBytes);
  if (stable === undefined || high <= unstable.offset) return stable;
  // Storage stopped early: the bound is reached.
  if (stable.length < cut - low) return stable;
  const room = maxBytes - entriesSize(stable);
  if (room <= 0) return stable;
  const rest = unstable.slice(unstable.offset, high, room);
  // A slice has at least one entry, which may be more than there is room for.
  if (rest.length === 1 && entriesSize(rest) > room) return stable;
  return stable.concat(rest);
}

function readStable(
  storage: Storage,
  low: number,
  high: number,
  maxBytes: number,
): Entry[] | undefined {
  try {
    return storage.entries(low, high, maxBytes);
  } catch (error) {
    if (isRaftError(error, "COMPACTED")) return undefined;
    if (isRaftError(error, "UNAVAILABLE")) {
      broken(`entries[${low}:${high}) is unavailable from storage`);
    }
    throw error;
  }
}

function outOfBounds(log: ReadableLog, low: number, high: number): never {
  broken(`slice[${low},${high}) out of bound [${log.firstIndex()},${log.lastIndex()}]`);
}
