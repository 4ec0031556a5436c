import { AlarmType } from "@nodetcd/messages";
import { Gauge, type Registry } from "prom-client";
import type { FeatureGate } from "../config.ts";
import { FEATURE_STAGES, isFeatureEnabled } from "../feature-gates.ts";
import type { MemberContext } from "../member-context.ts";
import { hexId } from "@nodetcd/peers";
import { alarmName } from "../receive/status.ts";
import { ETCD_VERSION } from "../version.ts";
import { scraped } from "./scraped.ts";

/** Who the member is, its cluster, its alarms and features; what a member alone has to say about others. */
export function registerClusterMetrics(registry: Registry, member: MemberContext): void {
  const { gauge, counter, label } = scraped(registry);
  const registers = [registry];
  label(
    "etcd_server_version",
    "Which version is running. 1 for 'server_version' label with current version.",
    "server_version",
    () => ETCD_VERSION,
  );
  label(
    "etcd_server_id",
    "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
    "server_id",
    () => hexId(member.memberId),
  );
  label(
    "etcd_cluster_version",
    "Which version is running. 1 for 'cluster_version' label with current cluster version",
    "cluster_version",
    () => member.cluster.version?.split(".").slice(0, 2).join("."),
  );
  const { alarms } = member;
  new Gauge({
    name: "etcd_debugging_server_alarms",
    help: "Alarms for every member in cluster. 1 for 'server_id' label with current ID. 2 for 'alarm_type' label with type of this alarm",
    labelNames: ["server_id", "alarm_type"],
    registers,
    collect() {
      this.reset();
      for (const alarm of alarms.list(AlarmType.NONE)) {
        this.set({ server_id: hexId(alarm.memberId), alarm_type: alarmName(alarm.alarm) }, 1);
      }
    },
  });
  gauge(
    "etcd_debugging_auth_revision",
    "The current revision of auth store.",
    () => member.auth.revision,
  );
  counter(
    "etcd_server_learner_promote_successes",
    "The total number of successful learner promotions while this member is leader.",
    () => 0,
  );
  gauge(
    "etcd_server_snapshot_apply_in_progress_total",
    "1 if the server is applying the incoming snapshot. 0 if none.",
    () => 0,
  );
  const own = hexId(member.memberId);
  new Gauge({
    name: "etcd_network_known_peers",
    help: "The current number of known peers.",
    labelNames: ["Local", "Remote"],
    registers,
  }).set({ Local: own, Remote: own }, 1);
  const features = new Gauge({
    name: "etcd_server_feature_enabled",
    help: "Whether or not a feature is enabled. 1 is enabled, 0 is not.",
    labelNames: ["name", "stage"],
    registers,
  });
  for (const [name, stage] of Object.entries(FEATURE_STAGES)) {
    const on = isFeatureEnabled(member.config.featureGates, name as FeatureGate);
    features.set({ name, stage }, on ? 1 : 0);
  }
}
