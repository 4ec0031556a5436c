import type { Job } from "../../objects/job.ts";
import { countCommon, countIndexes, type Indexes, parseIndexes } from "./indexes.ts";

/** The first rule of the Job's successPolicy that these indexes satisfy. */
export function matchSuccessPolicy(job: Job, succeeded: Indexes): number | undefined {
  const completions = job.spec.completions ?? 0;
  const found = (job.spec.successPolicy?.rules ?? []).findIndex((rule) => {
    if (rule.succeededIndexes === undefined) {
      return rule.succeededCount !== undefined && countIndexes(succeeded) >= rule.succeededCount;
    }
    const wanted = parseIndexes(rule.succeededIndexes, completions);
    return countCommon(wanted, succeeded) >= (rule.succeededCount ?? countIndexes(wanted));
  });
  return found < 0 ? undefined : found;
}
