import { compactLogged, type CompactionTarget, type Policy } from "./policy.ts";

/** How often the number of revisions is looked at, in milliseconds (etcd's number). */
const INTERVAL_MS = 300_000;

/** Keeps the last `retention` revisions. */
export function startRevision(target: CompactionTarget, retention: number): Policy {
  let lastRevision = 0;
  let compacting = false;
  const tick = async (): Promise<void> => {
    const revision = target.revision() - retention;
    if (revision <= 0 || revision === lastRevision || compacting || !target.isLeader()) return;
    compacting = true;
    const fields = { "revision-compaction-retention": retention };
    lastRevision = (await compactLogged(target, "revision", revision, fields)) ?? lastRevision;
    compacting = false;
  };
  const timer = target.clock.setRepeating(INTERVAL_MS, () => void tick());
  return { stop: () => timer.cancel() };
}
