import type { Job, PodFailurePolicyRule } from "../../objects/job.ts";
import type { ContainerStatus, Pod } from "../../objects/pod.ts";
import { podCondition } from "./pod-state.ts";

export interface FailureVerdict {
  /** Undefined: no rule matches, which counts. */
  readonly action: PodFailurePolicyRule["action"] | undefined;
  /** Whether it counts towards the back-off limit. */
  readonly counts: boolean;
  /** Why the Job fails, for `FailJob`. */
  readonly message: string | undefined;
}

const COUNTS: FailureVerdict = { action: undefined, counts: true, message: undefined };

/** What the Job's podFailurePolicy says of a failed pod: the first rule that matches. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const what = matching(rule, pod);
    if (what === undefined) continue;
    const { action } = rule;
    if (action === "FailIndex" && job.spec.backoffLimitPerIndex === undefined) continue;
    const message =
      action === "FailJob" ? `${what} matching FailJob rule at index ${index}` : undefined;
    return { action, counts: action !== "Ignore", message };
  }
  return COUNTS;
}

function matching(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (rule.onExitCodes !== undefined) {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    const found = [...containerStatuses, ...initContainerStatuses].find((status) =>
      exitMatches(rule, status),
    );
    const code = found?.state?.terminated?.exitCode;
    return found && `Container ${found.name} for pod ${name} failed with exit code ${code}`;
  }
  const condition = rule.onPodConditions?.find(
    ({ type, status = "True" }) => podCondition(pod, type)?.status === status,
  );
  return condition && `Pod ${name} has condition ${condition.type}`;
}

function exitMatches({ onExitCodes }: PodFailurePolicyRule, status: ContainerStatus): boolean {
  const code = status.state?.terminated?.exitCode;
  if (onExitCodes === undefined || code === undefined || code === 0) return false;
  const { containerName, operator, values } = onExitCodes;
  if (containerName !== undefined && containerName !== status.name) return false;
  return values.includes(code) === (operator === "In");
}
