import type { UnaryCall } from "@nodetcd/grpc";
import { AlarmType, StatusResponse } from "@nodetcd/messages";
import { storageVersion } from "../apply/cluster-version-set.ts";
import type { Core } from "../core.ts";
import { RequestError } from "../errors.ts";
import { ETCD_VERSION } from "../version.ts";
import { errorText } from "./error-to-status.ts";

const ALARM_NAMES: Readonly<Record<number, string>> = {
  [AlarmType.NONE]: "NONE",
  [AlarmType.NOSPACE]: "NOSPACE",
  [AlarmType.CORRUPT]: "CORRUPT",
};

/** The name of an alarm in texts. */
export function alarmName(type: number): string {
  return ALARM_NAMES[type] ?? String(type);
}

function problems(core: Core): string[] {
  const errors: string[] = [];
  if (core.raft.leader === 0n) errors.push(errorText(new RequestError("NO_LEADER")));
  for (const { memberId, alarm } of core.alarms.list(AlarmType.NONE)) {
    errors.push(`memberID:${memberId} alarm:${alarmName(alarm)}`);
  }
  return errors;
}

/** `etcdserverpb.Maintenance/Status` */
export function receiveStatus(core: Core): (request: Uint8Array, call: UnaryCall) => void {
  return (_bytes, call) => {
    const { backend, headers, raft, store } = core;
    const quota = core.quota.limit;
    call.reply(
      StatusResponse.encode({
        header: headers.of(store.revision),
        version: ETCD_VERSION,
        dbSize: backend.size(),
        leader: raft.leader,
        raftIndex: raft.committedIndex,
        raftTerm: raft.term,
        raftAppliedIndex: core.applied.index,
        errors: problems(core),
        dbSizeInUse: backend.sizeInUse(),
        isLearner: false,
        storageVersion: storageVersion(backend) ?? "",
        dbSizeQuota: quota === Infinity ? core.config.quotaBackendBytes : quota,
        downgradeInfo: {},
      }),
    );
  };
}
