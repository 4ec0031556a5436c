import { Counter, Gauge, type Registry } from "prom-client";
import type { Services } from "@nodetcd/grpc";
import type { FeatureGate, MemberConfig } from "./config.ts";
import type { Core } from "./core.ts";
import type { ApplyMeter } from "./measure/apply-meter.ts";
import type { CallMeter } from "./measure/call-meter.ts";
import { hexId } from "./membership/ids.ts";
import { authRevision } from "./receive/auth-status.ts";

/** Each gate's stage, and whether it is on where nobody says otherwise: etcd 3.7's table. */
const FEATURES: Readonly<Record<FeatureGate, "ALPHA" | "BETA">> = {
  AllAlpha: "ALPHA",
  AllBeta: "BETA",
  CompactHashCheck: "ALPHA",
  FastLeaseKeepAlive: "BETA",
  InitialCorruptCheck: "ALPHA",
  LeaseCheckpoint: "ALPHA",
  LeaseCheckpointPersist: "ALPHA",
  PriorityRequest: "ALPHA",
  SetMemberLocalAddr: "ALPHA",
  StopGRPCServiceOnDefrag: "ALPHA",
  TxnModeWriteWithSharedBuffer: "BETA",
};

function isEnabled(gates: MemberConfig["featureGates"], name: FeatureGate): boolean {
  const chosen = gates[name];
  if (chosen !== undefined) return chosen;
  if (name === "AllAlpha" || name === "AllBeta") return false;
  return FEATURES[name] === "BETA" ? (gates.AllBeta ?? true) : gates.AllAlpha === true;
}

export interface MemberMeasured {
  readonly core: Core;
  readonly services: Services;
  readonly calls: CallMeter;
  readonly applies: ApplyMeter;
}

/** Leases, features, and what a member alone has to say about others. */
export function registerMemberMetrics(registry: Registry, measured: MemberMeasured): void {
  const { core, services, calls, applies } = measured;
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter(
    "etcd_debugging_lease_granted_total",
    "The total number of granted leases.",
    () => applies.leasesGranted,
  );
  counter(
    "etcd_debugging_lease_revoked_total",
    "The total number of revoked leases.",
    () => applies.leasesRevoked,
  );
  counter(
    "etcd_debugging_lease_renewed_total",
    "The number of renewed leases seen by the leader.",
    () => calls.messages.get("/etcdserverpb.Lease/LeaseKeepAlive")?.sent ?? 0,
  );
  gauge("etcd_debugging_auth_revision", "The current revision of auth store.", () =>
    authRevision(core),
  );
  gauge(
    "etcd_disk_defrag_inflight",
    "Whether or not defrag is active on the member. 1 means active, 0 means not.",
    () => underWay(services, "/etcdserverpb.Maintenance/Defragment"),
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
  registerTables(registry, core);
}

function registerTables(registry: Registry, core: Core): void {
  const registers = [registry];
  const own = hexId(core.memberId);
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
  for (const [name, stage] of Object.entries(FEATURES)) {
    const on = isEnabled(core.config.featureGates, name as FeatureGate);
    features.set({ name, stage }, on ? 1 : 0);
  }
}

/** 1 while a call of this method goes on. */
function underWay(services: Services, path: string): number {
  const method = services.methods().find((each) => each.path === path);
  if (method === undefined) return 0;
  let ended = 0;
  for (const count of method.handled.values()) ended += count;
  return method.started > ended ? 1 : 0;
}
