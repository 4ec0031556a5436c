import { badRequest } from "../errors.ts";
import type { LabelSelector } from "./meta.ts";

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const NAME = String.raw`[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?`;
const VALUE = String.raw`([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?`;
const SET = new RegExp(String.raw`^(${NAME})\s+(in|notin)\s*\(([^()]*)\)$`);
const COMPARED = new RegExp(String.raw`^(${NAME})\s*(==|=|!=|>|<)\s*(${VALUE})$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*(${NAME})$`);

/** Commas outside brackets part the requirements. */
function parts(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part, _, all) => part !== "" || all.length > 1);
}

function setRequirement(key: string, among: boolean, values: readonly string[]): Requirement {
  const set = new Set(values);
  return (labels) => {
    const value = labels[key];
    return among ? value !== undefined && set.has(value) : value === undefined || !set.has(value);
  };
}

function comparedRequirement(key: string, operator: string, value: string): Requirement {
  switch (operator) {
    case "!=":
      return setRequirement(key, false, [value]);
    case ">":
      return (labels) => Number(labels[key]) > Number(value);
    case "<":
      return (labels) => Number(labels[key]) < Number(value);
    default:
      return (labels) => labels[key] === value;
  }
}

function requirement(part: string): Requirement {
  const set = SET.exec(part);
  if (set !== null) {
    const values = (set[4] ?? "").split(",").map((value) => value.trim());
    return setRequirement(set[1] ?? "", set[3] === "in", values);
  }
  const compared = COMPARED.exec(part);
  if (compared !== null) {
    return comparedRequirement(compared[1] ?? "", compared[3] ?? "", compared[4] ?? "");
  }
  const exists = EXISTS.exec(part);
  if (exists === null) {
    throw badRequest(`unable to parse requirement: found '${part}', which is no label selector`);
  }
  const [, not, key = ""] = exists;
  return (labels) => Object.hasOwn(labels, key) === (not === "");
}

function ofText(text: string): Requirement {
  const all = parts(text).map(requirement);
  return (labels) => all.every((holds) => holds(labels));
}

function ofObject({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Requirement {
  const all: Requirement[] = Object.entries(matchLabels).map(([key, value]) =>
    setRequirement(key, true, [value]),
  );
  for (const { key, operator, values = [] } of matchExpressions) {
    if (operator === "Exists") all.push((labels) => Object.hasOwn(labels, key));
    else if (operator === "DoesNotExist") all.push((labels) => !Object.hasOwn(labels, key));
    else all.push(setRequirement(key, operator === "In", values));
  }
  return (labels) => all.every((holds) => holds(labels));
}

/**
 * A label selector as a function: of text as in `app=web,tier in (front,back),!canary`, or of the object that specs
 * carry. An empty one selects everything. Raises `BadRequest` for text that is none.
 */
export function labelSelector(
  selector: string | LabelSelector,
): (labels: Labels | undefined) => boolean {
  const holds = typeof selector === "string" ? ofText(selector) : ofObject(selector);
  return (labels) => holds(labels ?? {});
}

/** The selector object as the text that requests carry. */
export function labelSelectorText({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.toSorted().join(",")})`;
  });
  return [
    ...Object.entries(matchLabels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`),
    ...expressions,
  ].join(",");
}
