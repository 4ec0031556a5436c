import { AlarmType } from "@nodetcd/messages";
import { counter, gauge, type Metric } from "@nodetcd/metrics";
import { hexId } from "@nodetcd/peers";
import type { FeatureGate } from "../config.ts";
import { FEATURE_STAGES, isFeatureEnabled } from "../feature-gates.ts";
import type { MemberContext } from "../member-context.ts";
import { alarmName } from "../receive/status.ts";
import { ETCD_VERSION } from "../version.ts";

/** Who the member is, its cluster, its alarms and features. */
export function clusterMetrics(member: MemberContext): Metric[] {
  const { alarms, auth, cluster, config } = member;
  const id = hexId(member.memberId);
  return [
    gauge(
      "etcd_server_version",
      "Which version is running. 1 for 'server_version' label with current version.",
      () => [[{ server_version: ETCD_VERSION }, 1]],
    ),
    gauge(
      "etcd_server_id",
      "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
      () => [[{ server_id: id }, 1]],
    ),
    gauge(
      "etcd_cluster_version",
      "Which version is running. 1 for 'cluster_version' label with current cluster version",
      () => {
        const version = cluster.version?.split(".").slice(0, 2).join(".");
        return version === undefined ? undefined : [[{ cluster_version: version }, 1]];
      },
    ),
    gauge(
      "etcd_debugging_server_alarms",
      "Alarms for every member in cluster. 1 for 'server_id' label with current ID. 2 for 'alarm_type' label with type of this alarm",
      function* () {
        for (const { memberId, alarm } of alarms.list(AlarmType.NONE)) {
          yield [{ server_id: hexId(memberId), alarm_type: alarmName(alarm) }, 1];
        }
      },
    ),
    gauge(
      "etcd_debugging_auth_revision",
      "The current revision of auth store.",
      () => auth.revision,
    ),
    counter(
      "etcd_server_learner_promote_successes",
      "The total number of successful learner promotions while this member is leader.",
      () => member.learners.promoted,
    ),
    gauge(
      "etcd_server_feature_enabled",
      "Whether or not a feature is enabled. 1 is enabled, 0 is not.",
      function* () {
        for (const [name, stage] of Object.entries(FEATURE_STAGES)) {
          const on = isFeatureEnabled(config.featureGates, name as FeatureGate);
          yield [{ name, stage }, on ? 1 : 0];
        }
      },
    ),
  ];
}
