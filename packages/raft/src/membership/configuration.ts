import type { ConfState } from "@nodetcd/messages";

/**
 * Who takes part, and how. All lists are sorted and without repetition; nothing is changed in place.
 *
 * Invariants: a learner is in neither half of the voters; everybody in `learnersNext` is an outgoing
 * voter; outside a joint configuration `outgoing` and `learnersNext` are empty, `autoLeave` false.
 */
export interface Configuration {
  /** The voters; in a joint configuration the coming ones. */
  readonly incoming: readonly bigint[];
  /** In a joint configuration the voters so far, whose majority is needed as well. */
  readonly outgoing: readonly bigint[];
  /** They receive the log but have no vote. */
  readonly learners: readonly bigint[];
  /** Voters of the outgoing half that become learners once it is left: until then they vote. */
  readonly learnersNext: readonly bigint[];
  /** A joint configuration is left without being asked, as soon as it is committed. */
  readonly autoLeave: boolean;
}

export const EMPTY_CONFIGURATION: Configuration = {
  incoming: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

/** True while a change that was entered is not yet left. */
export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

/** The voters of both halves, sorted, each once. */
export function allVoters(configuration: Configuration): bigint[] {
  return sortedIds([...configuration.incoming, ...configuration.outgoing]);
}

/** Sorted, without repetition, in a fresh array. */
export function sortedIds(ids: Iterable<bigint>): bigint[] {
  return [...new Set(ids)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

export function toConfState(configuration: Configuration): ConfState {
  return {
    voters: [...configuration.incoming],
    learners: [...configuration.learners],
    votersOutgoing: [...configuration.outgoing],
    learnersNext: [...configuration.learnersNext],
    autoLeave: configuration.autoLeave,
  };
}

/** `(1 a f)`: ids in hexadecimal, as log lines have them. */
export function describeIds(ids: readonly bigint[]): string {
  return `(${ids.map((id) => id.toString(16)).join(" ")})`;
}

/** `voters=(1 2)&&(1 2 3) learners=(4) autoleave` */
export function describeConfiguration(configuration: Configuration): string {
  const { incoming, outgoing, learners, learnersNext, autoLeave } = configuration;
  let text = `voters=${describeIds(incoming)}`;
  if (outgoing.length > 0) text += `&&${describeIds(outgoing)}`;
  if (learners.length > 0) text += ` learners=${describeIds(learners)}`;
  if (learnersNext.length > 0) text += ` learners_next=${describeIds(learnersNext)}`;
  if (autoLeave) text += " autoleave";
  return text;
}
