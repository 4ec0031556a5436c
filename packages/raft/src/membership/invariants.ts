import { RaftError } from "../errors.ts";
import type { Progress } from "../progress/progress.ts";
import { isJoint, type Configuration } from "./configuration.ts";

/** Raises `RaftError` INVALID_CONF_CHANGE unless every invariant of `Configuration` holds. */
export function checkMembership(membership: {
  readonly configuration: Configuration;
  readonly progress: readonly Progress[];
}): void {
  const { incoming, outgoing, learners, learnersNext, autoLeave } = membership.configuration;
  const known = new Map(membership.progress.map((progress) => [progress.id, progress]));
  for (const id of [...incoming, ...outgoing, ...learners, ...learnersNext]) {
    check(known.has(id), `no progress for ${id}`);
  }
  for (const id of learnersNext) {
    check(outgoing.includes(id), `${id} is in LearnersNext, but not Voters[1]`);
    check(!known.get(id)?.isLearner, `${id} is in LearnersNext, but is already marked as learner`);
  }
  for (const id of learners) {
    check(!outgoing.includes(id), `${id} is in Learners and Voters[1]`);
    check(!incoming.includes(id), `${id} is in Learners and Voters[0]`);
    check(known.get(id)?.isLearner === true, `${id} is in Learners, but is not marked as learner`);
  }
  if (!isJoint(membership.configuration)) {
    check(learnersNext.length === 0, "cfg.LearnersNext must be nil when not joint");
    check(!autoLeave, "AutoLeave must be false when not joint");
  }
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new RaftError("INVALID_CONF_CHANGE", message);
}
