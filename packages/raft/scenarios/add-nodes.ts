import { ConfState } from "@nodetcd/messages";
import type { ReadOnlyOption } from "../src/config.ts";
import { firstNode, flagOf, numberOf, valueOf, valuesOf } from "./arguments.ts";
import type { Group } from "./group.ts";
import type { Directive } from "./parse.ts";

const utf8 = new TextEncoder();
const MAX_INT_32 = 0x7fff_ffff;

/** `add-nodes 3 voters=(1,2,3) learners=(4) index=10 content=foo` and options of the core. */
export function addNodes(group: Group, directive: Directive): void {
  const ids = (key: string): bigint[] => (valuesOf(directive, key) ?? []).map(BigInt);
  const beginning = {
    confState: { ...ConfState.create(), voters: ids("voters"), learners: ids("learners") },
    index: numberOf(directive, "index") ?? 0,
    data: utf8.encode(valueOf(directive, "content") ?? ""),
  };
  const options = {
    electionTick: 3,
    heartbeatTick: 1,
    maxSizePerMessage: numberOf(directive, "max-size-per-msg") ?? Infinity,
    maxInflightMessages: numberOf(directive, "inflight") ?? MAX_INT_32,
    maxInflightBytes: numberOf(directive, "inflight-bytes"),
    maxCommittedSizePerReady: numberOf(directive, "max-committed-size-per-ready"),
    maxUncommittedEntriesSize: numberOf(directive, "max-uncommitted-size"),
    asyncStorageWrites: flagOf(directive, "async-storage-writes"),
    preVote: flagOf(directive, "prevote"),
    checkQuorum: flagOf(directive, "checkquorum"),
    disableConfChangeValidation: flagOf(directive, "disable-conf-change-validation"),
    disableProposalForwarding: flagOf(directive, "disable-proposal-forwarding"),
    stepDownOnRemoval: flagOf(directive, "step-down-on-removal"),
    readOnlyOption: readOnlyOption(valueOf(directive, "read-only")),
    // The timeout must be the same in every run; a scenario that needs another sets it.
    random: () => 0,
  };
  for (let i = firstNode(directive); i > 0; i--) group.addNode(options, beginning);
}

function readOnlyOption(value: string | undefined): ReadOnlyOption | undefined {
  if (value === undefined || value === "safe" || value === "lease-based") return value;
  throw new Error(`invalid read-only option "${value}"`);
}
