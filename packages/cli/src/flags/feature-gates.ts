import type { FeatureGate } from "@nodetcd/server";
import { parseBoolean } from "./go-values.ts";
import { FlagValueError } from "./value-error.ts";

export const FEATURE_GATES: readonly FeatureGate[] = [
  "AllAlpha",
  "AllBeta",
  "CompactHashCheck",
  "FastLeaseKeepAlive",
  "InitialCorruptCheck",
  "LeaseCheckpoint",
  "LeaseCheckpointPersist",
  "PriorityRequest",
  "SetMemberLocalAddr",
  "StopGRPCServiceOnDefrag",
  "TxnModeWriteWithSharedBuffer",
];

/** `LeaseCheckpoint=true,PriorityRequest=false` */
export function parseFeatureGates(text: string): Partial<Record<FeatureGate, boolean>> {
  const gates: Partial<Record<FeatureGate, boolean>> = {};
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const [name = "", value] = pair.split("=").map((part) => part.trim());
    const gate = FEATURE_GATES.find((known) => known === name);
    if (gate === undefined) {
      throw new FlagValueError(
        `unrecognized feature gate: ${name}; expected one of ${FEATURE_GATES.join(", ")}`,
      );
    }
    if (value === undefined) throw new FlagValueError(`expected ${name}=true or ${name}=false`);
    gates[gate] = parseBoolean(value);
  }
  return gates;
}
