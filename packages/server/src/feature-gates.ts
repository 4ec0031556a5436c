import type { FeatureGate, MemberConfig } from "./config.ts";

/** Each gate's stage, which says whether it is on where nobody says otherwise: etcd 3.7's table. */
export const FEATURE_STAGES: Readonly<Record<FeatureGate, "ALPHA" | "BETA">> = {
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

/** Its own value, else that of its stage's gate, else the stage's default. */
export function isFeatureEnabled(gates: MemberConfig["featureGates"], name: FeatureGate): boolean {
  const chosen = gates[name];
  if (chosen !== undefined) return chosen;
  if (name === "AllAlpha" || name === "AllBeta") return false;
  return FEATURE_STAGES[name] === "BETA" ? (gates.AllBeta ?? true) : gates.AllAlpha === true;
}
