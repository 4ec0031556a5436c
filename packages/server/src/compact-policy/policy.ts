import type { Clock, Logger } from "@nodetcd/runtime";

/** What a policy needs of the member. */
export interface CompactionTarget {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Policies rest on members that do not lead: the leader's compactions reach all. */
  readonly isLeader: () => boolean;
  readonly revision: () => number;
  /**
   * Compacts through the log, at this revision or at that of an older pin, and resolves with the one that it was;
   * "already compacted" counts as done.
   */
  readonly compact: (revision: number) => Promise<number>;
}

/** A running policy. */
export interface Policy {
  stop(): void;
}

/** Runs one compaction of a policy with etcd's log lines; answers where it was done, undefined when it failed. */
export async function compactLogged(
  target: CompactionTarget,
  kind: "periodic" | "revision",
  revision: number,
  fields: Readonly<Record<string, string | number>>,
): Promise<number | undefined> {
  const { clock, logger } = target;
  logger.info(`starting auto ${kind} compaction`, { revision, ...fields });
  const start = clock.monotonic();
  let done: number;
  try {
    done = await target.compact(revision);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    logger.warn(`failed auto ${kind} compaction`, { revision, ...fields, error: text });
    return undefined;
  }
  const took = `${(clock.monotonic() - start).toFixed(3)}ms`;
  logger.info(`completed auto ${kind} compaction`, { revision, ...fields, took });
  return done;
}
