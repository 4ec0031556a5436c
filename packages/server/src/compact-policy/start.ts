import type { MemberConfig } from "../config.ts";
import { toRequestError } from "../wire/error-map.ts";
import type { MemberContext } from "../member-context.ts";
import { PIN_LOOK_MS } from "../limits.ts";
import { startPeriodic } from "./periodic.ts";
import { Pins } from "./pins.ts";
import type { CompactionTarget, Policy } from "./policy.ts";
import { parseRetention } from "./retention.ts";
import { startRevision } from "./revision.ts";

async function compact(member: MemberContext, pins: Pins, wanted: number): Promise<number> {
  // Every pin that was acknowledged is applied here then.
  await member.reads.wait();
  const pin = pins.oldest();
  const isHeld = pin !== undefined && pin.revision < wanted;
  const revision = isHeld ? pin.revision : wanted;
  if (isHeld) {
    const fields = { pin: pin.key, "pinned-revision": pin.revision, revision: wanted };
    member.logger.info("auto compaction is held back by a pin", fields);
  }
  if (revision <= member.store.compactRevision) return revision;
  try {
    await member.proposer.proposeMessage({ compaction: { revision } });
  } catch (error) {
    if (toRequestError(error).code !== "COMPACTED") throw error;
  }
  return revision;
}

/** Starts the policy that the options ask for; undefined when history is kept. */
export function startCompactPolicy(
  member: MemberContext,
  config: MemberConfig,
): Policy | undefined {
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  if (retention === 0) return undefined;
  const { logger, store } = member;
  const { clock } = member.runtime;
  const pins = new Pins(store, clock, logger);
  const target: CompactionTarget = {
    clock,
    logger,
    isLeader: () => member.raft.isLeader,
    revision: () => store.revision,
    compact: (revision) => compact(member, pins, revision),
  };
  const policy =
    config.autoCompactionMode === "periodic"
      ? startPeriodic(target, retention)
      : startRevision(target, retention);
  const looking = clock.setRepeating(PIN_LOOK_MS, () => pins.look());
  return {
    stop: () => {
      looking.cancel();
      policy.stop();
    },
  };
}
