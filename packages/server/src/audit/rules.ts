import { METHOD_LIST } from "@nodetcd/messages";
import { ServerError } from "../errors.ts";
import { AUDIT_RULES_MAX } from "../limits.ts";
import type { KeyRange, Subject } from "./subject.ts";

/** How much of a request is written: no line, a line without keys, a line with keys. */
export type AuditLevel = "none" | "metadata" | "keys";

const LEVELS: readonly AuditLevel[] = ["none", "metadata", "keys"];

interface Rule {
  readonly level: AuditLevel;
  /** Empty: whatever the key, and requests without keys too. */
  readonly prefix: Uint8Array;
}

const SYNTAX =
  'write "level:methods" or "level:methods:prefix", parted by ";": level none, metadata or keys; methods * or names such as Put+Txn, KV or KV/Range';

function refuse(rule: string, why: string): never {
  throw new ServerError("BAD_CONFIG", `--audit-log-rules: "${rule}": ${why}; ${SYNTAX}`);
}

/** Paths that a name of a rule means: `*`, `KV`, `Put`, `KV/Put`. */
function pathsOf(name: string): string[] {
  const found = METHOD_LIST.filter((method) => {
    const service = method.service.split(".").at(-1) ?? "";
    return ["*", service, method.name, `${service}/${method.name}`].includes(name);
  });
  return found.map(({ path }) => path);
}

/**
 * Which requests are written, and how much of them. For each key range the first rule that fits its method and
 * prefix decides, and the most that any range asks for is done; where none fits, keys are written. A rule with level
 * `none` fits only ranges that lie wholly within its prefix, so that nothing beside them goes unseen.
 */
export class AuditRules {
  readonly #byPath = new Map<string, Rule[]>();

  /** Raises `BAD_CONFIG` for a text that is not understood. */
  constructor(text: string) {
    const rules = text.split(";").filter((rule) => rule.trim() !== "");
    if (rules.length > AUDIT_RULES_MAX) refuse(text, `more than ${AUDIT_RULES_MAX} rules`);
    for (const rule of rules) this.#add(rule.trim());
  }

  #add(text: string): void {
    const [level = "", methods = "", ...prefix] = text.split(":");
    if (!LEVELS.includes(level as AuditLevel)) refuse(text, `"${level}" is no level`);
    const rule: Rule = { level: level as AuditLevel, prefix: Buffer.from(prefix.join(":")) };
    for (const name of methods.split("+")) {
      const paths = pathsOf(name);
      if (paths.length === 0) refuse(text, `"${name}" is no method`);
      for (const path of paths) this.#of(path).push(rule);
    }
  }

  #of(path: string): Rule[] {
    const rules = this.#byPath.get(path) ?? [];
    this.#byPath.set(path, rules);
    return rules;
  }

  level(path: string, { ranges }: Subject): AuditLevel {
    const rules = this.#byPath.get(path);
    if (rules === undefined) return "keys";
    if (ranges.length === 0) {
      return rules.find(({ prefix }) => prefix.length === 0)?.level ?? "keys";
    }
    let most = 0;
    for (const range of ranges) {
      const level = rules.find((rule) => fits(rule, range))?.level ?? "keys";
      most = Math.max(most, LEVELS.indexOf(level));
    }
    return LEVELS[most] ?? "keys";
  }
}

function fits({ level, prefix }: Rule, range: KeyRange): boolean {
  if (prefix.length === 0) return true;
  return level === "none" ? isWithin(range, prefix) : touches(range, prefix);
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return (
    key.length >= prefix.length && Buffer.compare(key.subarray(0, prefix.length), prefix) === 0
  );
}

/** The first key behind all that begin with `prefix`; undefined when there is none. */
function behind(prefix: Uint8Array): Uint8Array | undefined {
  const end = Uint8Array.from(prefix);
  for (let at = end.length - 1; at >= 0; at--) {
    if (end[at] === 0xff) continue;
    end[at] = (end[at] ?? 0) + 1;
    return end.subarray(0, at + 1);
  }
  return undefined;
}

const isOpen = (end: Uint8Array): boolean => end.length === 1 && end[0] === 0;

function isWithin({ key, end }: KeyRange, prefix: Uint8Array): boolean {
  if (!startsWith(key, prefix)) return false;
  if (end.length === 0) return true;
  const limit = behind(prefix);
  return limit === undefined || (!isOpen(end) && Buffer.compare(end, limit) <= 0);
}

function touches({ key, end }: KeyRange, prefix: Uint8Array): boolean {
  if (startsWith(key, prefix)) return true;
  if (end.length === 0 || Buffer.compare(key, prefix) > 0) return false;
  return isOpen(end) || Buffer.compare(end, prefix) > 0;
}
