import { compactLogged, type CompactionTarget, type Policy } from "./policy.ts";

const HOUR_MS = 3_600_000;
/** Revisions noted in one interval. */
const SAMPLES = 10;

/**
 * Keeps the last `periodMs` of history. Every tenth of min(period, 1 h) the revision is noted; the
 * first compaction comes after one full period, then one each min(period, 1 h), always to what was
 * the revision one period (and, after the first, one tenth of the interval) ago. A failed one is tried again a tenth later.
 *
 * With a period of 5 h: noted each 6 minutes, 51 notes kept, compacted after 5, 6, 7, ... hours.
 */
export function startPeriodic(target: CompactionTarget, periodMs: number): Policy {
  const intervalMs = Math.min(periodMs, HOUR_MS);
  const sampleMs = intervalMs / SAMPLES;
  const kept = Math.floor(periodMs / sampleMs) + 1;
  const revisions: number[] = [target.revision()];
  let lastRevision = 0;
  let lastDone = target.clock.monotonic();
  let wait = periodMs;
  let compacting = false;

  const tick = async (): Promise<void> => {
    const revision = revisions[0]!;
    const due = target.clock.monotonic() - lastDone >= wait && revision !== lastRevision;
    if (due && !compacting && target.isLeader()) {
      compacting = true;
      wait = intervalMs;
      const fields = { "compact-period": `${periodMs}ms` };
      const done = await compactLogged(target, "periodic", revision, fields);
      if (done !== undefined) {
        lastRevision = done;
        lastDone = target.clock.monotonic();
      }
      compacting = false;
    }
    revisions.push(target.revision());
    if (revisions.length > kept) revisions.shift();
  };
  const timer = target.clock.setRepeating(sampleMs, () => void tick());
  return { stop: () => timer.cancel() };
}
