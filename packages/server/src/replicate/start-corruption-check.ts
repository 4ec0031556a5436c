import { AlarmAction, AlarmType } from "@nodetcd/messages";
import { requestTimeoutMs } from "../config.ts";
import { isFeatureEnabled } from "../feature-gates.ts";
import type { MemberContext } from "../member-context.ts";
import { CorruptionCheck } from "./corruption-check.ts";
import { checkAtStart } from "./initial-check.ts";
import { askPeerHashes, type PeerAnswer } from "./peer-hashes.ts";

function asking(member: MemberContext): (revision: number) => Promise<readonly PeerAnswer[]> {
  const { clock } = member.runtime;
  const questions = { ...member, clock, timeoutMs: requestTimeoutMs(member.config) };
  return (revision) => askPeerHashes(questions, revision);
}

async function raiseCorrupt(member: MemberContext, memberId: bigint): Promise<void> {
  const raised = member.alarms.list(AlarmType.CORRUPT).some((alarm) => alarm.memberId === memberId);
  if (raised) return;
  const alarm = { memberId, action: AlarmAction.ACTIVATE, alarm: AlarmType.CORRUPT };
  await member.proposer.proposeMessage({ alarm });
}

/** Before a member that has data talks with others, if the feature gate asks for it. Raises `DATA_INCONSISTENT`. */
export async function checkBeforeServing(member: MemberContext): Promise<void> {
  const { config } = member;
  if (!isFeatureEnabled(config.featureGates, "InitialCorruptCheck")) return;
  const timeoutMs = requestTimeoutMs(config);
  await checkAtStart({ ...member, peerHashes: asking(member), timeoutMs });
}

/** The checks of a member that serves, as the options say. */
export function startCorruptionCheck(member: MemberContext): CorruptionCheck {
  const { config, runtime, raft, reads } = member;
  const isCompareOn = isFeatureEnabled(config.featureGates, "CompactHashCheck");
  const check = new CorruptionCheck({
    ...member,
    clock: runtime.clock,
    isLeader: () => raft.isLeader,
    peerHashes: asking(member),
    confirm: () => reads.wait(),
    raise: (id) => raiseCorrupt(member, id),
    intervalMs: config.corruptCheckTimeMs,
    compactionIntervalMs: isCompareOn ? config.compactHashCheckTimeMs : 0,
  });
  check.start();
  return check;
}
