import type { Backend } from "@nodetcd/backend";
import type { Logger } from "@nodetcd/runtime";

const MIB: number = 1024 * 1024;

/**
 * Defragments the database when that gives free at least `thresholdMegabytes`; 0 never does. It comes
 * before the keys are read, and the member serves only afterwards.
 */
export async function defragmentAtStart(
  backend: Backend,
  thresholdMegabytes: number,
  logger: Logger,
): Promise<void> {
  if (thresholdMegabytes === 0) return;
  const size = backend.size();
  const inUse = backend.sizeInUse();
  const fields = {
    "current-db-size-bytes": size,
    "current-db-size-in-use-bytes": inUse,
    "bootstrap-defrag-threshold-bytes": thresholdMegabytes * MIB,
  };
  if (size - inUse < thresholdMegabytes * MIB) {
    logger.info("Skipping defragmentation", fields);
    return;
  }
  logger.info("starting defragment", fields);
  await backend.defragment();
  logger.info("finished defragment", { "current-db-size-bytes": backend.size() });
}
