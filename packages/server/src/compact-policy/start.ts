import type { MemberConfig } from "../config.ts";
import { toRequestError } from "../wire/error-map.ts";
import type { MemberContext } from "../member-context.ts";
import { startPeriodic } from "./periodic.ts";
import type { CompactionTarget, Policy } from "./policy.ts";
import { parseRetention } from "./retention.ts";
import { startRevision } from "./revision.ts";

async function compact(member: MemberContext, revision: number): Promise<void> {
  try {
    await member.proposer.proposeMessage({ compaction: { revision } });
  } catch (error) {
    if (toRequestError(error).code !== "COMPACTED") throw error;
  }
}

/** Starts the policy that the options ask for; undefined when history is kept. */
export function startCompactPolicy(
  member: MemberContext,
  config: MemberConfig,
): Policy | undefined {
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  if (retention === 0) return undefined;
  const target: CompactionTarget = {
    clock: member.runtime.clock,
    logger: member.logger,
    isLeader: () => member.raft.isLeader,
    revision: () => member.store.revision,
    compact: (revision) => compact(member, revision),
  };
  return config.autoCompactionMode === "periodic"
    ? startPeriodic(target, retention)
    : startRevision(target, retention);
}
