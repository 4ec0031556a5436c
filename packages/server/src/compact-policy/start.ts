import type { MemberConfig } from "../config.ts";
import { toRequestError } from "../receive/error-to-status.ts";
import type { Core } from "../core.ts";
import { startPeriodic } from "./periodic.ts";
import type { CompactionTarget, Policy } from "./policy.ts";
import { parseRetention } from "./retention.ts";
import { startRevision } from "./revision.ts";

async function compact(core: Core, revision: number): Promise<void> {
  try {
    await core.proposer.proposeMessage({ compaction: { revision } });
  } catch (error) {
    if (toRequestError(error).code !== "COMPACTED") throw error;
  }
}

/** Starts the policy that the options ask for; undefined when history is kept. */
export function startCompactPolicy(core: Core, config: MemberConfig): Policy | undefined {
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  if (retention === 0) return undefined;
  const target: CompactionTarget = {
    clock: core.runtime.clock,
    logger: core.logger,
    isLeader: () => core.raft.isLeader,
    revision: () => core.store.revision,
    compact: (revision) => compact(core, revision),
  };
  return config.autoCompactionMode === "periodic"
    ? startPeriodic(target, retention)
    : startRevision(target, retention);
}
