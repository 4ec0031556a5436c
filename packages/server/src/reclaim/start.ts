import { AlarmAction, AlarmType } from "@nodetcd/messages";
import { askPeer } from "@nodetcd/peers";
import type { MemberContext } from "../member-context.ts";
import { RECLAIM_ASK_MS, RECLAIM_DISARM_SHARE } from "../limits.ts";
import { Reclaimer, type ReclaimState } from "./reclaim.ts";

/** Where members of nodetcd ask each other on the peer port; those of etcd answer 404. */
export const RECLAIM_PATH = "/nodetcd/reclaim";

/** What is said by a member that never defragments by itself. */
const NEVER: ReclaimState = { running: false, due: false };

async function askOne(member: MemberContext, urls: readonly string[]): Promise<ReclaimState> {
  const { clock } = member.runtime;
  let last: unknown = new Error("a member has no peer URL");
  for (const url of urls) {
    try {
      const question = {
        method: "GET",
        url,
        path: RECLAIM_PATH,
        timeoutMs: RECLAIM_ASK_MS,
      } as const;
      const { status, body } = await askPeer(clock, member.peers.dial, question);
      if (status === 404) return NEVER;
      if (status !== 200) throw new Error(`status ${status}`);
      const { running, due } = JSON.parse(Buffer.from(body).toString()) as Partial<ReclaimState>;
      return { running: running !== false, due: due === true };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function askOthers(member: MemberContext): Promise<readonly ReclaimState[]> {
  const others = member.cluster.members().filter(({ id }) => id !== member.memberId);
  return Promise.all(others.map(({ peerUrls }) => askOne(member, peerUrls)));
}

/** What gives free space of this member back, as the options say. */
export function buildReclaimer(member: MemberContext): Reclaimer {
  const { alarms, config, logger, memberId, proposer, quota, raft, runtime, backend } = member;
  const alarm = { memberId, action: AlarmAction.DEACTIVATE, alarm: AlarmType.NOSPACE };
  return new Reclaimer({
    clock: runtime.clock,
    random: runtime.random,
    logger,
    backend,
    threshold: config.autoDefragThreshold / 100,
    isLeader: () => raft.isLeader,
    askOthers: () => askOthers(member),
    disarmBelow: config.autoDisarmNospace ? quota.limit * RECLAIM_DISARM_SHARE : undefined,
    hasDisk: () => quota.hasDisk,
    hasAlarm: () => alarms.list(AlarmType.NOSPACE).some((raised) => raised.memberId === memberId),
    disarm: () => proposer.proposeMessage({ alarm }),
  });
}
