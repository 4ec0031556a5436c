import type { FieldErrors } from "./field-errors.ts";
import { readIndexes, IndexesProblem } from "./read-indexes.ts";
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from "./job.ts";
import { qualifiedNameProblems } from "./names.ts";

const RULES_MAX = 20;
const PATTERNS_MAX = 20;
const EXIT_CODES_MAX = 255;
const SUCCEEDED_INDEXES_BYTES_MAX = 64 * 1024;
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS = ["In", "NotIn"];
const STATUSES = ["False", "True", "Unknown"];

const quoted = (words: readonly string[]): string =>
  `valid values: [${words.map((word) => `"${word}"`).join(" ")}]`;

type OnExitCodes = NonNullable<PodFailurePolicyRule["onExitCodes"]>;

function validateExitCodes(
  errors: FieldErrors,
  { operator, containerName, ...rest }: OnExitCodes,
  path: string,
  containers: readonly string[],
): void {
  const values = rest.values ?? [];
  const asked: string = operator ?? "";
  if (asked === "") errors.required(`${path}.operator`, quoted(OPERATORS));
  else if (!OPERATORS.includes(asked)) errors.notSupported(`${path}.operator`, asked, OPERATORS);
  if (containerName !== undefined && !containers.includes(containerName)) {
    errors.invalid(
      `${path}.containerName`,
      containerName,
      "must be one of the container or initContainer names in the pod template",
    );
  }
  if (values.length === 0)
    errors.invalid(`${path}.values`, values, "at least one value is required");
  else if (values.length > EXIT_CODES_MAX) {
    errors.tooMany(`${path}.values`, values.length, EXIT_CODES_MAX);
  }
  for (const [index, value] of values.entries()) {
    if (operator === "In" && value === 0) {
      errors.invalid(`${path}.values[${index}]`, value, "must not be 0 for the In operator");
    }
    if (values.indexOf(value) < index) errors.duplicate(`${path}.values[${index}]`, value);
  }
  if (values.some((value, index) => index > 0 && values[index - 1]! > value)) {
    errors.invalid(`${path}.values`, values, "must be ordered");
  }
}

function validateRule(
  errors: FieldErrors,
  spec: JobSpec,
  rule: PodFailurePolicyRule,
  path: string,
): void {
  const action: string = rule.action ?? "";
  const { onExitCodes, onPodConditions = [] } = rule;
  if (action === "") errors.required(`${path}.action`, quoted(ACTIONS));
  else if (action === "FailIndex") {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.invalid(`${path}.action`, action, "requires the backoffLimitPerIndex to be set");
    }
  } else if (!ACTIONS.includes(action)) errors.notSupported(`${path}.action`, action, ACTIONS);
  const { containers, initContainers } = spec.template.spec;
  const names = [...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name);
  if (onExitCodes !== undefined) {
    validateExitCodes(errors, onExitCodes, `${path}.onExitCodes`, names);
  }
  if (onPodConditions.length > PATTERNS_MAX) {
    errors.tooMany(`${path}.onPodConditions`, onPodConditions.length, PATTERNS_MAX);
  }
  for (const [index, { type, status = "" }] of onPodConditions.entries()) {
    const at = `${path}.onPodConditions[${index}]`;
    for (const problem of qualifiedNameProblems(type)) errors.invalid(`${at}.type`, type, problem);
    if (status === "") errors.required(`${at}.status`, quoted(STATUSES));
    else if (!STATUSES.includes(status)) errors.notSupported(`${at}.status`, status, STATUSES);
  }
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    errors.wrong(path, "specifying both OnExitCodes and OnPodConditions is not supported");
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    errors.wrong(path, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

export function validateFailurePolicy(errors: FieldErrors, spec: JobSpec, path: string): void {
  if (spec.podFailurePolicy === undefined) return;
  const rules = spec.podFailurePolicy.rules ?? [];
  if (rules.length > RULES_MAX) errors.tooMany(`${path}.rules`, rules.length, RULES_MAX);
  for (const [index, rule] of rules.entries()) {
    validateRule(errors, spec, rule, `${path}.rules[${index}]`);
  }
}

function validateSuccessRule(
  errors: FieldErrors,
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  path: string,
  completions: number,
): void {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
  }
  let total = 0;
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (succeededIndexes.length > SUCCEEDED_INDEXES_BYTES_MAX) {
      errors.tooLong(at, SUCCEEDED_INDEXES_BYTES_MAX);
    }
    try {
      total = readIndexes(succeededIndexes, completions);
    } catch (error) {
      if (!(error instanceof IndexesProblem)) throw error;
      errors.invalid(at, succeededIndexes, `error parsing succeededIndexes: ${error.message}`);
    }
  }
  if (succeededCount === undefined) return;
  const at = `${path}.succeededCount`;
  errors.notNegative(at, succeededCount);
  if (succeededCount > completions) {
    const of = "(the number of specified completions)";
    errors.invalid(at, succeededCount, `must be less than or equal to ${completions} ${of}`);
  }
  if (succeededIndexes !== undefined && succeededCount > total) {
    const of = "(the number of indexes in the specified succeededIndexes field)";
    errors.invalid(at, succeededCount, `must be less than or equal to ${total} ${of}`);
  }
}

export function validateSuccessPolicy(errors: FieldErrors, spec: JobSpec, path: string): void {
  if (spec.successPolicy === undefined) return;
  if (spec.completionMode !== "Indexed") {
    errors.invalid(path, spec.successPolicy, "requires indexed completion mode");
    return;
  }
  const rules = spec.successPolicy.rules ?? [];
  if (rules.length === 0) {
    const detail = "at least one rules must be specified when the successPolicy is specified";
    errors.required(`${path}.rules`, detail);
  }
  if (rules.length > RULES_MAX) errors.tooMany(`${path}.rules`, rules.length, RULES_MAX);
  for (const [index, rule] of rules.entries()) {
    validateSuccessRule(errors, rule, `${path}.rules[${index}]`, spec.completions ?? 0);
  }
}
