import type { FeatureGate } from "@nodetcd/server";
import { parseBoolean } from "./go-values.ts";
import { FlagValueError } from "./value-error.ts";

/** What each gate of etcd 3.7 does here. */
export const GATE_EFFECTS: Readonly<Record<FeatureGate, string>> = {
  AllAlpha: "All that are in alpha, where nothing else is said.",
  AllBeta: "All that are in beta, where nothing else is said.",
  CompactHashCheck: "Followers' hashes are compared with the leader's after compactions.",
  FastLeaseKeepAlive: "Always on: a lease that is there is renewed without waiting for the log.",
  InitialCorruptCheck: "At its start a member compares its data with the others'.",
  LeaseCheckpoint:
    "The leader writes down what is left of leases, so that a new one goes on from there.",
  LeaseCheckpointPersist: "Always on with LeaseCheckpoint: what was written down is kept on disk.",
  PriorityRequest: "Without effect: no request overtakes others in the log.",
  SetMemberLocalAddr:
    "Without effect: connections to members leave by the address that the system chooses.",
  StopGRPCServiceOnDefrag:
    "The member's health service says that it does not serve while it defragments.",
  TxnModeWriteWithSharedBuffer: "Without effect: transactions copy no buffers.",
};

const GATES = Object.keys(GATE_EFFECTS) as FeatureGate[];

/** `LeaseCheckpoint=true,PriorityRequest=false` */
export function parseFeatureGates(text: string): Partial<Record<FeatureGate, boolean>> {
  const gates: Partial<Record<FeatureGate, boolean>> = {};
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const [name = "", value] = pair.split("=").map((part) => part.trim());
    const gate = GATES.find((known) => known === name);
    if (gate === undefined) {
      throw new FlagValueError(
        `unrecognized feature gate: ${name}; expected one of ${GATES.join(", ")}`,
      );
    }
    if (value === undefined) throw new FlagValueError(`expected ${name}=true or ${name}=false`);
    gates[gate] = parseBoolean(value);
  }
  return gates;
}
