import { AlarmType, type StatusRequest, type StatusResponse } from "@nodetcd/messages";
import { storageVersion } from "../state/storage-version.ts";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { ETCD_VERSION } from "../version.ts";
import { errorText } from "../wire/error-map.ts";
import type { UnaryHandler } from "./handler.ts";

const ALARM_NAMES: Readonly<Record<number, string>> = {
  [AlarmType.NONE]: "NONE",
  [AlarmType.NOSPACE]: "NOSPACE",
  [AlarmType.CORRUPT]: "CORRUPT",
};

/** The name of an alarm in texts. */
export function alarmName(type: number): string {
  return ALARM_NAMES[type] ?? String(type);
}

function problems(member: MemberContext): string[] {
  const errors: string[] = [];
  if (member.raft.leader === 0n) errors.push(errorText(new RequestError("NO_LEADER")));
  for (const { memberId, alarm } of member.alarms.list(AlarmType.NONE)) {
    errors.push(`memberID:${memberId} alarm:${alarmName(alarm)}`);
  }
  return errors;
}

/** `etcdserverpb.Maintenance/Status` */
export function receiveStatus(member: MemberContext): UnaryHandler<StatusRequest, StatusResponse> {
  return () => {
    const { backend, cluster, headers, raft, store } = member;
    const quota = member.quota.limit;
    return {
      header: headers.of(store.revision),
      version: ETCD_VERSION,
      dbSize: backend.size(),
      leader: raft.leader,
      raftIndex: raft.committedIndex,
      raftTerm: raft.term,
      raftAppliedIndex: member.applied.index,
      errors: problems(member),
      dbSizeInUse: backend.sizeInUse(),
      isLearner: raft.isLearner,
      storageVersion: storageVersion(backend) ?? "",
      dbSizeQuota: quota === Infinity ? member.config.quotaBackendBytes : quota,
      downgradeInfo: {
        enabled: cluster.downgradeTarget !== undefined,
        targetVersion: cluster.downgradeTarget ?? "",
      },
    };
  };
}
